//! Programs that prove who they are by what their pipeline's issuer has signed, and hold no key of their own: OpenID Connect workload
//! identity. An admin says which issuers are believed, and what their claims must say; a signed assertion is taken once, for a token that
//! counts for minutes.
//!
//! Signatures are checked by `ring`, which everything else here stands on, too: of JSON web tokens only what is needed is read, and what is
//! not understood is refused.

mod assertion;
mod encoding;
mod issuer;
mod key;
mod key_source;
mod preset;
mod refusal;
mod rule;

pub use assertion::{Assertion, Claims, Expected, shown};
pub use issuer::{Issuer, Settings};
pub use key::Algorithm;
pub use key_source::KeySources;
pub use preset::Preset;
pub use refusal::Refusal;
pub use rule::Rule;
