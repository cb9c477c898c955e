//! Which certificates of mail servers are believed: those that this machine trusts, those that the
//! authorities in `ca_file` issued, and the very ones in that file. The last are usual at home: made by one
//! command, they sign themselves, and say that they may sign others, for which the rules of the web
//! (RFC 5280, 4.2.1.9) refuse them as a server's.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::advice;

#[derive(Debug)]
pub(super) struct Trust {
    platform: Verifier,
    /// The owner's own.
    named: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// # Errors
    /// When a file of certificates cannot be read, or those of the machine.
    pub(super) fn new(ca_file: Option<&Path>, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let named = ca_file.map_or_else(|| Ok(Vec::new()), certificates)?;
        let platform = Verifier::new_with_extra_roots(named.clone(), provider).map_err(|e| e.to_string())?;
        Ok(Self { platform, named })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| format!("cannot read certificates from {}: {e}", path.display()))
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // Looked at after its dates, and before its name.
            Err(e)
                if advice::is_authority(&e)
                    && self.named.iter().any(|named| named.as_ref() == end_entity.as_ref()) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}
