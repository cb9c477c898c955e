//! The bytes of each copy (RFC 5322). What all copies of an edition share is encoded once;
//! a copy differs in its headers only, and is the same to the byte at every attempt.

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox as LettreMailbox, MultiPart, SinglePart};
use lettre::{Address as LettreAddress, Message, address::Envelope as LettreEnvelope};

use crate::model::{Address, Format, Frozen, Mailbox};

/// An edition ready to be addressed.
pub struct Letter {
    from: LettreMailbox,
    reply_to: Option<LettreMailbox>,
    subject: String,
    date: DateTime<Utc>,
    list_id: String,
    unsubscribe: String,
    html: Body,
    text: Body,
    /// By their Content-IDs.
    pictures: Vec<(String, Body)>,
}

/// What an edition's mails say about where they come from.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    pub from: &'a Mailbox,
    pub reply_to: Option<&'a Mailbox>,
    /// The digest's id and title, which make its List-Id (RFC 2919).
    pub digest: &'a str,
    pub title: &'a str,
    /// Where to write for no more of them, a `mailto:` address.
    pub unsubscribe: &'a str,
    /// When the edition was published: a later attempt does not change it.
    pub date: DateTime<Utc>,
}

/// Why a copy cannot be built; always about an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unmailable(String);

impl Letter {
    /// Encodes an edition.
    ///
    /// # Errors
    /// When the sender's address cannot stand in a mail.
    pub fn new(origin: &Origin<'_>, content: &Frozen) -> Result<Self, Unmailable> {
        Ok(Self {
            from: mailbox(origin.from)?,
            reply_to: origin.reply_to.map(mailbox).transpose()?,
            subject: content.subject.clone(),
            date: origin.date,
            list_id: format!(
                "{} <{}.{}>",
                list_name(origin.title),
                origin.digest.to_ascii_lowercase(),
                origin.from.address.domain()
            ),
            unsubscribe: format!("<{}>", origin.unsubscribe),
            html: encode(&content.html),
            text: encode(&content.text),
            pictures: content.pictures.iter().map(|p| (p.id.clone(), Body::new(p.bytes.clone()))).collect(),
        })
    }

    /// One recipient's copy. `leave` is the page where this reader leaves.
    ///
    /// # Errors
    /// When the recipient's address cannot stand in a mail.
    pub fn copy(
        &self,
        to: &Mailbox,
        format: Format,
        message_id: &str,
        leave: Option<&str>,
    ) -> Result<Vec<u8>, Unmailable> {
        let envelope = LettreEnvelope::new(Some(self.from.email.clone()), vec![address(&to.address)?])
            .map_err(|e| Unmailable(e.to_string()))?;
        let mut builder = Message::builder()
            .envelope(envelope)
            .from(self.from.clone())
            .subject(self.subject.clone())
            .date(self.date.into())
            .message_id(Some(message_id.to_owned()));
        builder = match &to.name {
            Some(_) => builder.to(mailbox(to)?),
            // lettre leaves the brackets off a nameless address, and spam filters mind.
            None => builder.raw_header(header("To", format!("<{}>", to.address))),
        };
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        builder = match leave {
            // RFC 8058: mailbox providers show a button, and press it for their reader.
            Some(page) => builder
                .raw_header(header("List-Unsubscribe", format!("<{page}>, {}", self.unsubscribe)))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into())),
            None => builder.raw_header(header("List-Unsubscribe", self.unsubscribe.clone())),
        };
        let builder = builder
            .raw_header(header("List-Id", self.list_id.clone()))
            .raw_header(header("Auto-Submitted", "auto-generated".into()));
        let text = || SinglePart::builder().header(ContentType::TEXT_PLAIN).body(self.text.clone());
        let message = match format {
            Format::Text => builder.singlepart(text()),
            Format::Html => {
                // Of the message's own id, so that every attempt is the same bytes.
                let id = message_id.trim_matches(['<', '>']).split('@').next().unwrap_or_default();
                let both = MultiPart::alternative().boundary(format!("=_{id}")).singlepart(text());
                let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(self.html.clone());
                builder.multipart(if self.pictures.is_empty() {
                    both.singlepart(html)
                } else {
                    both.multipart(self.with_pictures(html, &format!("=_{id}_")))
                })
            }
        };
        Ok(message.map_err(|e| Unmailable(e.to_string()))?.formatted())
    }

    /// The HTML and what it shows (RFC 2387).
    fn with_pictures(&self, html: SinglePart, boundary: &str) -> MultiPart {
        let related = MultiPart::related().boundary(boundary).singlepart(html);
        self.pictures.iter().enumerate().fold(related, |related, (i, (id, body))| {
            let name = format!("picture-{}.jpg", i + 1);
            let part = Attachment::new_inline_with_name(id.clone(), name).body(body.clone(), jpeg());
            related.singlepart(part)
        })
    }
}

/// A JPEG's media type.
fn jpeg() -> ContentType {
    ContentType::parse("image/jpeg").unwrap_or(ContentType::TEXT_PLAIN)
}

/// How many bytes a part takes in the mail, encoded as it will be.
pub fn encoded_len(text: &str) -> usize {
    encode(text).len()
}

/// A new Message-ID in the sender's domain. 128 random bits: nobody can guess one.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn new_id(from: &Address) -> Result<String, String> {
    Ok(format!("<{}@{}>", random()?, from.domain()))
}

/// 128 random bits as letters and digits.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn random() -> Result<String, String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| format!("the machine has no randomness to give: {e}"))?;
    Ok(data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase())
}

/// Quoted-printable or base64, whichever is shorter.
fn encode(text: &str) -> Body {
    // lettre looks for lone line feeds in quadratic time, so it is shown none.
    Body::new(text.replace("\r\n", "\n").replace('\n', "\r\n"))
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// The phrase in front of a List-Id: what RFC 5322 allows unquoted.
fn list_name(title: &str) -> String {
    title
        .chars()
        .filter(|c| !c.is_ascii_punctuation() && !c.is_control())
        .collect::<String>()
        .trim()
        .to_owned()
}

fn mailbox(mailbox: &Mailbox) -> Result<LettreMailbox, Unmailable> {
    Ok(LettreMailbox::new(mailbox.name.clone(), address(&mailbox.address)?))
}

fn address(address: &Address) -> Result<LettreAddress, Unmailable> {
    LettreAddress::new(address.local_part(), address.domain())
        .map_err(|e| Unmailable(format!("{address}: {e}")))
}

pub(super) fn envelope(from: &Address, to: &Address) -> Result<(LettreAddress, LettreAddress), Unmailable> {
    Ok((address(from)?, address(to)?))
}

#[cfg(test)]
mod tests {
    use mail_parser::{HeaderValue, MessageParser};

    use super::*;

    fn letter(html: &str) -> Letter {
        let from: Mailbox = "每日, 要闻 <news@example.org>".parse().unwrap();
        let origin = Origin {
            from: &from,
            reply_to: None,
            digest: "morning",
            title: "每日要闻 (beta)",
            unsubscribe: "mailto:news@example.org?subject=unsubscribe%20morning",
            date: "2026-11-22T06:30:00Z".parse().unwrap(),
        };
        let content = Frozen {
            subject: "晨间简报 · 2026年11月22日".repeat(3),
            html: html.into(),
            text: "正文\n".into(),
            pictures: Vec::new(),
        };
        Letter::new(&origin, &content).unwrap()
    }

    #[test]
    fn a_copy_is_the_same_at_every_attempt_and_reads_back() {
        let to: Mailbox = "阿达 <ada@example.org>".parse().unwrap();
        let html = "<p>渡轮</p>\n".repeat(200);
        let letter = letter(&html);
        let bytes = letter.copy(&to, Format::Html, "<abc@example.org>", None).unwrap();
        assert_eq!(bytes, letter.copy(&to, Format::Html, "<abc@example.org>", None).unwrap());
        let parsed = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(parsed.subject().unwrap(), "晨间简报 · 2026年11月22日".repeat(3));
        assert_eq!(parsed.message_id(), Some("abc@example.org"));
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("每日, 要闻"));
        assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("ada@example.org"));
        assert_eq!(parsed.body_html(0).unwrap().replace("\r\n", "\n"), html);
        assert_eq!(parsed.body_text(0).unwrap().trim(), "正文");
        assert!(
            matches!(parsed.header("Auto-Submitted"), Some(HeaderValue::Text(t)) if t == "auto-generated")
        );
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("<morning.example.org>"), "{text}");
        assert!(text.lines().all(|l| l.len() <= 998));
    }

    #[test]
    fn a_nameless_recipient_has_brackets_and_a_text_reader_one_part() {
        let to: Mailbox = "bob@example.org".parse().unwrap();
        let bytes = letter("<p>x</p>").copy(&to, Format::Text, "<abc@example.org>", None).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\r\nTo: <bob@example.org>\r\n"), "{text}");
        assert!(text.contains("Content-Type: text/plain; charset=utf-8"));
        assert!(!text.contains("multipart"));
    }

    #[test]
    fn no_two_ids_are_alike() {
        let from: Address = "news@example.org".parse().unwrap();
        let (a, b) = (new_id(&from).unwrap(), new_id(&from).unwrap());
        assert_ne!(a, b);
        assert!(a.starts_with('<') && a.ends_with("@example.org>"));
    }
}
