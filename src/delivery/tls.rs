//! TLS towards targets: rustls on ring, trusting what this machine trusts (`SSL_CERT_FILE` included).

use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, InvalidMessage, RootCertStore};

/// The connector; certificates are read at its first use.
pub(super) fn connector() -> Result<TlsConnector, String> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    CONFIG.get_or_init(|| config().map(Arc::new)).clone().map(TlsConnector::from)
}

fn config() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Why a handshake failed.
pub(super) fn words(error: &std::io::Error) -> String {
    use CertificateError as Why;
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    let trust = "SSL_CERT_FILE can name a file of certificates to trust";
    match inner {
        Some(Error::InvalidCertificate(why)) => match why {
            Why::Expired | Why::ExpiredContext { .. } => "the certificate has expired".to_owned(),
            Why::NotValidYet | Why::NotValidYetContext { .. } => "the certificate is not valid yet".to_owned(),
            Why::NotValidForName | Why::NotValidForNameContext { .. } => {
                "the certificate is for another name".to_owned()
            }
            Why::UnknownIssuer | Why::Other(_) => format!("the certificate is not trusted (self-signed?); {trust}"),
            other => format!("the certificate is not accepted: {other:?}"),
        },
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => "the target does not speak TLS".to_owned(),
        _ => error.to_string(),
    }
}
