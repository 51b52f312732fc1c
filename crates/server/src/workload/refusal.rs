/// Why an assertion is not believed. Whoever sends it holds it, so it may be told what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than any issuer writes.
    #[error("the assertion is longer than {0} bytes")]
    TooLong(usize),
    /// No signed JSON web token.
    #[error("the assertion is no signed JSON web token: {0}")]
    Malformed(&'static str),
    /// Nobody that is believed.
    #[error("no issuer with the URL `{0}` is known here")]
    UnknownIssuer(String),
    /// Not an algorithm that the issuer signs with.
    #[error("the algorithm `{0}` is not one that the issuer signs with")]
    Algorithm(String),
    /// No such key.
    #[error("the issuer has no key `{0}`")]
    UnknownKey(String),
    /// Signed by somebody else, or changed.
    #[error("the signature is not the issuer's")]
    Signature,
    /// Something that must be there.
    #[error("the claim `{0}` is missing or not what it should be")]
    Claim(&'static str),
    /// For somebody else.
    #[error("the assertion is for another audience")]
    Audience,
    /// Too late.
    #[error("the assertion has expired")]
    Expired,
    /// Too early.
    #[error("the assertion does not count yet")]
    Early,
    /// Good for longer than is taken.
    #[error("the assertion is good for longer than a day")]
    LongLived,
    /// Not what any rule wants.
    #[error("no rule of the issuer fits the claims")]
    NoRule,
    /// A second time.
    #[error("the assertion was taken before")]
    Replayed,
    /// Its keys cannot be had.
    #[error("the issuer's keys cannot be had")]
    Unreachable,
}

impl Refusal {
    /// Names the kind, for programs and the audit log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "assertion-too-long",
            Self::Malformed(_) => "assertion-malformed",
            Self::UnknownIssuer(_) => "issuer-unknown",
            Self::Algorithm(_) => "algorithm-refused",
            Self::UnknownKey(_) => "key-unknown",
            Self::Signature => "signature-wrong",
            Self::Claim(_) => "claim-missing",
            Self::Audience => "audience-wrong",
            Self::Expired => "assertion-expired",
            Self::Early => "assertion-early",
            Self::LongLived => "assertion-long-lived",
            Self::NoRule => "no-rule",
            Self::Replayed => "assertion-replayed",
            Self::Unreachable => "issuer-unreachable",
        }
    }
}
