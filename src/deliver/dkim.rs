//! Signatures over finished mails (DKIM, RFC 6376), by which the world tells a domain's own
//! mails from forged ones. lettre's do not verify over a mail of several parts, and there
//! can be but one of them, so they are made here: over the header block of each copy, and
//! over the hash of a body, which is worked out once for all copies.

use std::fmt;
use std::iter;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use getrandom::SysRng;
use ring::digest::{self, SHA256};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject as _};

/// What is covered once more often than it occurs, so that nobody can add another for mail
/// programs to show (RFC 6376 8.15).
const SEALED: &str = "From To Reply-To Subject Date Message-ID MIME-Version Content-Type \
    List-Unsubscribe List-Unsubscribe-Post";
/// What is covered where it occurs.
const COVERED: &str = "Content-Transfer-Encoding List-Id Auto-Submitted Sender Cc Feedback-ID";
/// The bits of a new RSA key. RFC 8301 3.2 asks for as many, and a longer record does not fit
/// what some DNS providers let their customers enter.
const BITS: usize = 2048;
/// The name of RSA in a public key (RFC 3279 2.3.1).
const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
/// What stands in front of the 32 secret bytes of an Ed25519 key (RFC 8410 7).
const ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const UNKNOWN: &str = "this is neither an RSA nor an Ed25519 key, and DKIM knows no others";

/// A key that signs for a domain. Several may sign the same mail.
#[derive(Clone)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Arc<Key>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}._domainkey.{}, {})", self.selector, self.domain, self.algorithm())
    }
}

impl Signer {
    /// Reads a private key (PEM) that signs for `domain`, whose public half is found in DNS
    /// under `selector`. Both are in the letters that DNS knows.
    ///
    /// # Errors
    /// When there is no key, or none that is good enough.
    pub fn load(domain: &str, selector: &str, pem: &[u8]) -> Result<Self, String> {
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        let dns = |name: &str| name.split('.').all(|l| !l.is_empty() && l.bytes().all(letter));
        if !dns(domain) || !dns(selector) {
            return Err(format!(
                "DNS has no `{selector}._domainkey.{domain}`; use letters, digits, hyphens and dots"
            ));
        }
        let key = Key::read(pem)?;
        // Whether the parts of an RSA key belong together is seen when it signs.
        key.sign(&[])?;
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key: Arc::new(key) })
    }

    /// As it stands in the `a=` tag of a signature (RFC 6376 3.5, RFC 8463 3).
    pub fn algorithm(&self) -> &'static str {
        match *self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// What must stand in DNS for others to verify: the name and value of a TXT record. A
    /// value over 255 characters is entered in several strings, which count as one.
    pub fn record(&self) -> (String, String) {
        let (kind, public) = match &*self.key {
            Key::Rsa(key) => ("rsa", wrapped(key.public_key().as_ref())),
            // RFC 8463 4: without a wrapping.
            Key::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={kind}; p={}", BASE64.encode(&public)))
    }

    /// The field to put in front of a mail: `DKIM-Signature`, folded, with its line end.
    /// `head` is the header block as it will be sent, without the empty line.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, head: &str, body_hash: &str, at: DateTime<Utc>) -> Result<String, String> {
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", "\t");
        let fields: Vec<(&str, &str)> = unfolded.lines().filter_map(|line| line.split_once(':')).collect();
        let (mut names, mut signed) = (Vec::new(), Vec::new());
        let sealed = SEALED.split(' ').map(|name| (name, 1));
        for (name, extra) in sealed.chain(COVERED.split(' ').map(|name| (name, 0))) {
            // Fields of one name are counted from the last (RFC 6376 5.4.2).
            let found = fields.iter().rev().filter(|(n, _)| n.trim_end().eq_ignore_ascii_case(name));
            let before = signed.len();
            signed.extend(found.map(|(_, value)| relaxed_field(name, value)));
            names.extend(iter::repeat_n(name, signed.len() - before + extra));
        }
        // Three of the longest names fit in a line.
        let names: Vec<String> = names.chunks(3).map(|names| names.join(":")).collect();
        let value = format!(
            " v=1; a={}; c=relaxed/relaxed; t={};\r\n d={};\r\n s={};\r\n bh={body_hash};\r\n h={};\r\n b=",
            self.algorithm(),
            at.timestamp(),
            self.domain,
            self.selector,
            names.join(":\r\n "),
        );
        // The signature covers its own field too, up to here, and without a line end.
        signed.push(relaxed_field("DKIM-Signature", &value.replace("\r\n", "")));
        let signature = self.key.sign(&signed.join(&b"\r\n"[..]))?;
        let lines: Vec<String> = signature.chunks(54).map(|bytes| BASE64.encode(bytes)).collect();
        Ok(format!("DKIM-Signature:{value}{}\r\n", lines.join("\r\n ")))
    }
}

impl Key {
    fn read(pem: &[u8]) -> Result<Self, String> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|e| match e {
            pem::Error::NoItemsFound => "there is no private key in it; it must be PEM, \
                `-----BEGIN PRIVATE KEY-----`, and have no passphrase"
                .into(),
            e => format!("the private key cannot be read ({e}); it must be whole and have no passphrase"),
        })?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Self::Rsa),
            // Few keys bring their public half along to be checked.
            PrivateKeyDer::Pkcs8(der) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
                .map(Self::Ed25519)
                .or_else(|_| RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map(Self::Rsa)),
            _ => return Err(UNKNOWN.into()),
        };
        key.map_err(|e| match e.to_string().as_str() {
            "TooSmall" => "an RSA key of less than 2048 bits is too weak (RFC 8301); make a new one".into(),
            "TooLarge" => {
                "nobody has to take an RSA key of more than 4096 bits (RFC 8301); make a new one".into()
            }
            "WrongAlgorithm" => UNKNOWN.into(),
            why => format!("the private key is damaged ({why}); make a new one"),
        })
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
                    .map_err(|_| "the parts of the RSA key do not belong together; make a new one")?;
                Ok(signature)
            }
            // RFC 8463 3: what is signed is the hash.
            Self::Ed25519(key) => Ok(key.sign(digest::digest(&SHA256, data).as_ref()).as_ref().to_vec()),
        }
    }
}

/// The `bh=` of a body.
pub fn body_hash(body: &[u8]) -> String {
    let mut canonical = Vec::with_capacity(body.len() + 2);
    let mut rest = Some(body);
    while let Some(from) = rest {
        let line;
        (line, rest) = match memchr::memchr(b'\n', from).and_then(|at| from.split_at_checked(at)) {
            Some((line, after)) => (line, after.get(1..)),
            None => (from, None),
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if is_relaxed(line) {
            canonical.extend_from_slice(line);
        } else {
            canonical.extend(relaxed(line));
        }
        canonical.extend_from_slice(b"\r\n");
    }
    // Empty lines count only if something follows.
    while canonical.ends_with(b"\r\n\r\n") {
        canonical.truncate(canonical.len() - 2);
    }
    let counted = if canonical == b"\r\n" { &[] } else { canonical.as_slice() };
    BASE64.encode(digest::digest(&SHA256, counted).as_ref())
}

/// Whether [`relaxed`] would change nothing, as in the lines of Base64.
fn is_relaxed(line: &[u8]) -> bool {
    memchr::memchr2(b'\t', b' ', line).is_none()
        || !(line.contains(&b'\t') || line.ends_with(b" ") || memchr::memmem::find(line, b"  ").is_some())
}

/// A field as it is signed (RFC 6376 3.4.2), less its line end.
fn relaxed_field(name: &str, value: &str) -> Vec<u8> {
    [name.to_ascii_lowercase().as_bytes(), b":", relaxed(value.as_bytes()).trim_ascii_start()].concat()
}

/// White space as one space, and none at the end.
fn relaxed(line: &[u8]) -> Vec<u8> {
    let mut line: Vec<u8> = line.iter().map(|b| if *b == b'\t' { b' ' } else { *b }).collect();
    line.dedup_by(|next, byte| *next == b' ' && *byte == b' ');
    if line.last() == Some(&b' ') {
        line.pop();
    }
    line
}

/// An RSA public key as verifiers expect it, whatever RFC 6376 3.6.1 says: together with the
/// name of its algorithm (SubjectPublicKeyInfo, RFC 5280).
fn wrapped(key: &[u8]) -> Vec<u8> {
    // Every key we take is longer than 255 bytes, and a length in DER then takes two.
    let der = |tag: u8, contents: Vec<u8>| {
        let [.., high, low] = contents.len().to_be_bytes();
        [vec![tag, 0x82, high, low], contents].concat()
    };
    der(0x30, [RSA.to_vec(), der(3, [&[0], key].concat())].concat())
}

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rsa,
    Ed25519,
}

/// A new private key (PKCS#8, PEM).
///
/// # Errors
/// When the machine has no randomness to give.
pub fn generate(algorithm: Algorithm) -> Result<String, String> {
    let failed = |e: &dyn fmt::Display| format!("no key can be made: {e}");
    match algorithm {
        Algorithm::Rsa => {
            let key = rsa::PrivateKey::new(&mut SysRng, BITS).map_err(|e| failed(&e))?;
            Ok(key.to_pkcs8_pem(LineEnding::LF).map_err(|e| failed(&e))?.to_string())
        }
        Algorithm::Ed25519 => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|e| failed(&e))?;
            // All of it fits in one line.
            let line = BASE64.encode(&[&ED25519[..], &secret].concat());
            Ok(format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use ring::signature::{ED25519 as VERIFY_ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};

    use super::*;

    static RSA_KEY: LazyLock<String> = LazyLock::new(|| generate(Algorithm::Rsa).unwrap());
    /// The key of RFC 8463 A.2, as openssl writes it.
    const ED25519_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    /// With white space of every kind, names in any case, and two of one name.
    const HEAD: &str = "From: Joe <joe@football.example.com>\r\n\
        SUBJECT :  Is dinner \t ready? \r\n\
        X-Ours: not covered\r\n\
        Received: one\r\n\
        to: =?utf-8?b?6Zi/6L6+?=\r\n\t<suzie@shopping.example.net>\r\n\
        List-Id: Daily\r\n  \r\n <daily.example.com>\r\n\
        Cc: first@example.org\r\n\
        Cc: second@example.org\r\n";
    /// What is signed of it, by the letter of RFC 6376 3.4.2 and 5.4.
    const SIGNED: &str = "from:Joe <joe@football.example.com>\r\n\
        to:=?utf-8?b?6Zi/6L6+?= <suzie@shopping.example.net>\r\n\
        subject:Is dinner ready?\r\n\
        list-id:Daily <daily.example.com>\r\n\
        cc:second@example.org\r\n\
        cc:first@example.org\r\n";
    /// What the signature says of itself; a space in `h=` is where it was folded.
    const TAGS: &str = "c=relaxed/relaxed; t=1795329000; d=football.example.com; s=test; \
        bh=jkYhN5eG70Kk/sFVzVJcKR3X2zwf3jR4Ui9PYcA/0b0=; \
        h=From:From:To: To:Reply-To:Subject: Subject:Date:Message-ID: MIME-Version:Content-Type:\
        List-Unsubscribe: List-Unsubscribe-Post:List-Id:Cc: Cc; b=";

    fn at() -> DateTime<Utc> {
        "2026-11-22T06:30:00Z".parse().unwrap()
    }

    fn signer(pem: &str) -> Signer {
        Signer::load("football.example.com", "test", pem.as_bytes()).unwrap()
    }

    fn refused(pem: &str) -> String {
        Signer::load("example.org", "test", pem.as_bytes()).unwrap_err()
    }

    fn hash_of(body: &str) -> String {
        body_hash(body.as_bytes())
    }

    fn sha256(text: &str) -> String {
        BASE64.encode(digest::digest(&SHA256, text.as_bytes()).as_ref())
    }

    #[test]
    fn a_body_is_hashed_as_the_standard_says() {
        // RFC 6376 3.4.5, and the hash that RFC 8463 A.3 gives.
        assert_eq!(hash_of(" C \r\nD \t E\r\n\r\n\r\n"), sha256(" C\r\nD E\r\n"));
        let joe = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
        assert_eq!(hash_of(joe), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
        for (body, same) in [
            ("", ""),
            ("\r\n\r\n", ""),
            (" \t\r\n \r\n", ""),
            ("a", "a\r\n"),
            ("a\r\n\r\n \t\r\n", "a\r\n"),
            ("\r\n\r\na\r\n", "\r\n\r\na\r\n"),
            ("a \t\r\n\r\n b\t\tc\r\n", "a\r\n\r\n b c\r\n"),
            ("渡轮  停航\r\n", "渡轮 停航\r\n"),
        ] {
            assert_eq!(hash_of(body), sha256(same), "{body:?}");
        }
    }

    #[test]
    fn a_signature_covers_what_the_standard_says_and_lets_nothing_be_added() {
        for (pem, algorithm) in [(RSA_KEY.as_str(), "rsa-sha256"), (ED25519_KEY, "ed25519-sha256")] {
            let signer = signer(pem);
            let field = signer.sign(HEAD, &hash_of("a"), at()).unwrap();
            assert_eq!(field, signer.clone().sign(HEAD, &hash_of("a"), at()).unwrap());
            assert!(field.ends_with("\r\n") && field.lines().all(|line| line.len() <= 78), "{field}");
            let (before, signature) = field.split_once(" b=").unwrap();
            let own =
                String::from_utf8(relaxed_field("", &format!("{before} b=").replace("\r\n", ""))).unwrap();
            let own = own.strip_prefix(":DKIM-Signature: ").unwrap();
            assert_eq!(own, format!("v=1; a={algorithm}; {TAGS}"));
            let signed = format!("{SIGNED}dkim-signature:{own}");
            let signature =
                BASE64.decode(signature.split_whitespace().collect::<String>().as_bytes()).unwrap();
            match &*signer.key {
                Key::Rsa(key) => {
                    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key())
                        .verify(signed.as_bytes(), &signature)
                        .unwrap();
                }
                Key::Ed25519(key) => {
                    UnparsedPublicKey::new(&VERIFY_ED25519, key.public_key())
                        .verify(digest::digest(&SHA256, signed.as_bytes()).as_ref(), &signature)
                        .unwrap();
                }
            }
        }
    }

    #[test]
    fn the_record_is_what_others_publish_for_the_same_key() {
        let (name, value) = signer(ED25519_KEY).record();
        assert_eq!(name, "test._domainkey.football.example.com");
        assert_eq!(value, "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        let (_, value) = signer(&RSA_KEY).record();
        let key = BASE64.decode(value.strip_prefix("v=DKIM1; k=rsa; p=").unwrap().as_bytes()).unwrap();
        assert_eq!(rsa::PublicKey::from_public_key_der(&key).unwrap(), *private(&RSA_KEY).as_public_key());
    }

    fn private(pem: &str) -> rsa::PrivateKey {
        rsa::PrivateKey::from_pkcs8_pem(pem).unwrap()
    }

    #[test]
    fn a_key_is_read_in_either_wrapping_and_is_the_same() {
        let pkcs1 = private(&RSA_KEY).to_pkcs1_pem(LineEnding::CRLF).unwrap();
        assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        assert_eq!(signer(&pkcs1).record(), signer(&RSA_KEY).record());
        let new = generate(Algorithm::Ed25519).unwrap();
        assert_eq!(signer(&new).algorithm(), "ed25519-sha256");
        assert_ne!(new, generate(Algorithm::Ed25519).unwrap());
    }

    #[test]
    fn a_key_that_is_weak_damaged_or_of_another_kind_is_refused() {
        let weak = rsa::PrivateKey::new(&mut SysRng, 1024).unwrap();
        let weak = weak.to_pkcs8_pem(LineEnding::LF).unwrap();
        assert!(refused(&weak).contains("less than 2048 bits"));
        for nothing in [
            "",
            "hunter2",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        ] {
            assert!(refused(nothing).contains("no private key in it"), "{nothing}");
        }
        let garbage = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(refused(garbage).contains("damaged"));
        let cut = RSA_KEY.replace("-----END", "");
        assert!(refused(&cut).contains("cannot be read"));
        let mut damaged = private(&RSA_KEY).to_pkcs1_der().unwrap().as_bytes().to_vec();
        let inside = damaged.len() - 200;
        damaged[inside] ^= 4;
        let damaged = BASE64.encode(&damaged);
        let damaged = format!("-----BEGIN RSA PRIVATE KEY-----\n{damaged}\n-----END RSA PRIVATE KEY-----\n");
        assert!(refused(&damaged).contains("do not belong together"));
        let elliptic = "-----BEGIN PRIVATE KEY-----\n\
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n\
            AQEBAQEBAQGhRANCAAQBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n\
            AQEBAQEBAQEBAQEBAQEBAQEB\n-----END PRIVATE KEY-----\n";
        assert_eq!(refused(elliptic), UNKNOWN);
    }

    #[test]
    fn names_that_would_break_the_field_are_refused() {
        for (domain, selector) in [
            ("", "s"),
            ("example..org", "s"),
            ("例子.cn", "s"),
            ("example.org; l=0", "s"),
            ("example.org", ""),
        ] {
            let e = Signer::load(domain, selector, ED25519_KEY.as_bytes()).unwrap_err();
            assert!(e.contains("letters, digits, hyphens and dots"), "{e}");
        }
    }

    #[test]
    fn a_signer_never_shows_its_key() {
        assert_eq!(
            format!("{:?}", signer(ED25519_KEY)),
            "Signer(test._domainkey.football.example.com, ed25519-sha256)"
        );
    }
}
