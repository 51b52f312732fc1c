//! TLS of the requests that are sent: rustls on ring, for everybody who asks over https.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The certificates that this machine trusts; none where there are none.
pub fn machine_certificates() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    found.certs.iter().map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned()).collect()
}

/// TLS that trusts exactly these.
pub fn trusting(certificates: &[Certificate<'static>]) -> TlsConfig {
    TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(certificates))
        .build()
}
