//! The bytes of each copy (RFC 5322). What all copies of an edition share is encoded once;
//! a copy differs in its headers and in its reader's token, and is the same to the byte at every
//! attempt.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use data_encoding::{BASE32_NOPAD, BASE64};
use lettre::Address as LettreAddress;
use lettre::message::header::{self as fields, ContentType, HeaderName, HeaderValue, Headers};
use lettre::message::{Attachment, Body, Mailbox as LettreMailbox, Mailboxes, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};

use super::dkim::{self, Signer};
use super::encoding::{Encoded, Place, encode};
use crate::model::{Address, Book, Embedded, Format, Frozen, Mailbox};

/// An edition ready to be addressed.
pub struct MessageTemplate {
    from: LettreMailbox,
    reply_to: Option<LettreMailbox>,
    subject: String,
    date: DateTime<Utc>,
    list_id: String,
    unsubscribe: String,
    signers: Arc<[Signer]>,
    html: Content,
    text: Content,
    book: Option<Content>,
}

/// What an edition's mails say about where they come from.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    pub from: &'a Mailbox,
    pub reply_to: Option<&'a Mailbox>,
    /// The digest's id and title, which make its List-Id (RFC 2919).
    pub digest: &'a str,
    pub title: &'a str,
    /// The address to write to for no more of them.
    pub unsubscribe: &'a Address,
    /// When the edition was published: a later attempt does not change it.
    pub date: DateTime<Utc>,
    pub signers: &'a Arc<[Signer]>,
}

/// Whom a copy is for.
#[derive(Debug, Clone)]
pub struct Addressing<'a> {
    pub to: &'a Mailbox,
    pub format: Format,
    pub message_id: &'a str,
    /// What the reader leaves with, by mail.
    pub token: &'a str,
    /// The page where the reader leaves.
    pub page: Option<&'a str>,
}

/// A mail of plain text to the owner.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    pub from: &'a Mailbox,
    pub to: &'a Mailbox,
    pub subject: &'a str,
    pub text: &'a str,
    pub date: DateTime<Utc>,
    pub signers: &'a Arc<[Signer]>,
}

impl Notice<'_> {
    /// The whole mail, signed.
    ///
    /// # Errors
    /// When an address cannot stand in a mail.
    pub fn bytes(&self) -> Result<Vec<u8>, Unmailable> {
        let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encode(self.text).body);
        let content = Content::new(&text.formatted(), &[]);
        let mut headers = Headers::new();
        headers.set(fields::From::from(Mailboxes::from(mailbox(self.from)?)));
        to(&mut headers, self.to)?;
        subject(&mut headers, self.subject);
        headers.set(fields::Date::new(self.date.into()));
        headers.set(fields::MessageId::from(new_id(&self.from.address).map_err(Unmailable)?));
        headers.insert_raw(header("Auto-Submitted", "auto-generated".into()));
        content.under(&headers, "", self.signers, self.date)
    }
}

/// Why a copy cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unmailable(String);

/// What all copies in one format share: the header fields that describe the body, and
/// the body, encoded.
struct Content {
    head: String,
    body: Vec<u8>,
    /// Where in the body each copy bears its reader's token.
    places: Vec<(usize, Place)>,
}

impl Content {
    /// Takes apart what lettre has put together.
    fn new(formatted: &[u8], parts: &[&Encoded]) -> Self {
        let end = formatted.windows(4).position(|w| w == b"\r\n\r\n");
        let (head, body) = formatted.split_at_checked(end.map_or(0, |end| end + 2)).unwrap_or_default();
        let body = body.strip_prefix(b"\r\n").unwrap_or(body);
        Self {
            head: format!("MIME-Version: 1.0\r\n{}", String::from_utf8_lossy(head)),
            places: parts.iter().filter_map(|part| part.place_in(body)).collect(),
            body: body.to_vec(),
        }
    }

    /// The mail with these header fields, signed.
    fn under(
        &self,
        headers: &Headers,
        token: &str,
        signers: &[Signer],
        date: DateTime<Utc>,
    ) -> Result<Vec<u8>, Unmailable> {
        let head = format!("{headers}{}", self.head);
        let mut body = self.body.clone();
        for (at, place) in &self.places {
            place.fill(&mut body, *at, token);
        }
        let hash = if signers.is_empty() { String::new() } else { dkim::body_hash(&body) };
        let mut mail = Vec::with_capacity(head.len() + self.body.len() + 2048);
        for signer in signers {
            let signature = signer.sign(&head, &hash, date).map_err(Unmailable)?;
            mail.extend_from_slice(signature.as_bytes());
        }
        mail.extend_from_slice(head.as_bytes());
        mail.extend_from_slice(b"\r\n");
        mail.extend_from_slice(&body);
        Ok(mail)
    }
}

impl MessageTemplate {
    /// Encodes an edition.
    ///
    /// # Errors
    /// When the sender's address cannot stand in a mail.
    pub fn new(origin: &Origin<'_>, content: &Frozen, book: Option<&Book>) -> Result<Self, Unmailable> {
        let encoded_text = encode(&content.text);
        let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded_text.body.clone());
        // Of the content itself, so that every attempt is the same bytes.
        let hash = Sha256::digest(content.html.as_bytes());
        let boundary =
            format!("=_{}", BASE32_NOPAD.encode(hash.get(..10).unwrap_or_default()).to_lowercase());
        let encoded_html = encode(&content.html);
        let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(encoded_html.body.clone());
        let both = MultiPart::alternative().boundary(boundary.clone()).singlepart(text.clone());
        let both = if content.pictures.is_empty() {
            both.singlepart(html)
        } else {
            both.multipart(with_pictures(html, &content.pictures, &format!("{boundary}_")))
        };
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
            unsubscribe: on_the_wire(origin.unsubscribe),
            signers: Arc::clone(origin.signers),
            html: Content::new(&both.formatted(), &[&encoded_text, &encoded_html]),
            text: Content::new(&text.formatted(), &[&encoded_text]),
            book: book.map(|book| with_book(book, &boundary)),
        })
    }

    /// One recipient's copy, signed.
    ///
    /// # Errors
    /// When the recipient's address cannot stand in a mail.
    pub fn message_for(&self, addressing: &Addressing<'_>) -> Result<Vec<u8>, Unmailable> {
        let content = match addressing.format {
            Format::Html => &self.html,
            Format::Text => &self.text,
            // It is no longer kept.
            Format::Epub => self.book.as_ref().unwrap_or(&self.html),
        };
        let mut headers = Headers::new();
        headers.set(fields::From::from(Mailboxes::from(self.from.clone())));
        to(&mut headers, addressing.to)?;
        if let Some(reply_to) = &self.reply_to {
            headers.set(fields::ReplyTo::from(Mailboxes::from(reply_to.clone())));
        }
        subject(&mut headers, &self.subject);
        headers.set(fields::Date::new(self.date.into()));
        headers.set(fields::MessageId::from(addressing.message_id.to_owned()));
        headers.insert_raw(header("List-Id", self.list_id.clone()));
        let by_mail = format!("<mailto:{}?subject=unsubscribe%20{}>", self.unsubscribe, addressing.token);
        match addressing.page {
            // RFC 8058: mailbox providers show a button, and press it for their addressing.
            Some(page) => {
                headers.insert_raw(header("List-Unsubscribe", format!("<{page}>, {by_mail}")));
                headers.insert_raw(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
            }
            None => headers.insert_raw(header("List-Unsubscribe", by_mail)),
        }
        headers.insert_raw(header("Auto-Submitted", "auto-generated".into()));
        content.under(&headers, addressing.token, &self.signers, self.date)
    }
}

/// `Subject`. What only looks like an encoded word (RFC 2047 2) is encoded, so that it is read
/// as it was written; lettre encodes only what is not ASCII.
fn subject(headers: &mut Headers, text: &str) {
    if !text.contains("=?") {
        headers.set(fields::Subject::from(text.to_owned()));
        return;
    }
    // A line has 76 characters at most, the first with the header's name in it (RFC 2047 2), and
    // no character is cut in two.
    let mut words = vec![String::new()];
    for c in text.chars() {
        let most = if words.len() == 1 { 39 } else { 45 };
        let last = words.last_mut().filter(|word| word.len() + c.len_utf8() <= most);
        match last {
            Some(word) => word.push(c),
            None => words.push(c.to_string()),
        }
    }
    let words: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64.encode(word.as_bytes()))).collect();
    let name = HeaderName::new_from_ascii_str("Subject");
    headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(name, text.to_owned(), words.join("\r\n ")));
}

/// `To`. lettre leaves the brackets off a nameless address, and spam filters mind; and
/// letters beyond ASCII in front of the `@` stand as they are (RFC 6532).
fn to(headers: &mut Headers, to: &Mailbox) -> Result<(), Unmailable> {
    let bracketed = format!("<{}>", on_the_wire(&to.address));
    if !to.address.local_part().is_ascii() {
        address(&to.address)?;
        let name = HeaderName::new_from_ascii_str("To");
        headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(name, bracketed.clone(), bracketed));
    } else if to.name.is_some() {
        headers.set(fields::To::from(Mailboxes::from(mailbox(to)?)));
    } else {
        headers.insert_raw(header("To", bracketed));
    }
    Ok(())
}

/// The HTML and what it shows (RFC 2387).
fn with_pictures(html: SinglePart, pictures: &[Embedded], boundary: &str) -> MultiPart {
    let related = MultiPart::related().boundary(boundary).singlepart(html);
    pictures.iter().enumerate().fold(related, |related, (i, picture)| {
        let name = format!("picture-{}.jpg", i + 1);
        let part = Attachment::new_inline_with_name(picture.id.clone(), name);
        related.singlepart(part.body(Body::new(picture.bytes.clone()), jpeg()))
    })
}

/// A short text, and the book of an edition.
fn with_book(book: &Book, boundary: &str) -> Content {
    let encoded_text = encode(&book.text);
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded_text.body.clone());
    let kind = ContentType::parse("application/epub+zip").unwrap_or(ContentType::TEXT_PLAIN);
    let file = Attachment::new(book.name.clone()).body(Body::new(book.bytes.clone()), kind);
    let both = MultiPart::mixed().boundary(boundary).singlepart(text).singlepart(file);
    Content::new(&both.formatted(), &[&encoded_text])
}

/// A JPEG's media type.
fn jpeg() -> ContentType {
    ContentType::parse("image/jpeg").unwrap_or(ContentType::TEXT_PLAIN)
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
    Ok(BASE32_NOPAD.encode(&bytes).to_lowercase())
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

/// With the domain's letters as DNS knows them.
fn on_the_wire(address: &Address) -> String {
    format!("{}@{}", address.local_part(), address.domain())
}

pub(super) fn address(address: &Address) -> Result<LettreAddress, Unmailable> {
    LettreAddress::new(address.local_part(), address.domain())
        .map_err(|e| Unmailable(format!("{address}: {e}")))
}

#[cfg(test)]
mod tests {
    use mail_parser::{HeaderValue, MessageParser};

    use super::*;

    fn letter(html: &str) -> MessageTemplate {
        let from: Mailbox = "每日, 要闻 <news@example.org>".parse().unwrap();
        let origin = Origin {
            from: &from,
            reply_to: None,
            digest: "morning",
            title: "每日要闻 (beta)",
            unsubscribe: &from.address,
            date: "2026-11-22T06:30:00Z".parse().unwrap(),
            signers: &Arc::from([]),
        };
        let content = Frozen {
            subject: "晨间简报 · 2026年11月22日".repeat(3),
            html: html.into(),
            text: "正文\n".into(),
            pictures: Vec::new(),
        };
        MessageTemplate::new(&origin, &content, None).unwrap()
    }

    fn copy(letter: &MessageTemplate, to: &str, format: Format) -> Vec<u8> {
        let to: Mailbox = to.parse().unwrap();
        let addressing =
            Addressing { to: &to, format, message_id: "<abc@example.org>", token: "t0ken", page: None };
        letter.message_for(&addressing).unwrap()
    }

    #[test]
    fn a_copy_is_the_same_at_every_attempt_and_reads_back() {
        let html = "<p>渡轮</p>\n".repeat(200);
        let letter = letter(&html);
        let bytes = copy(&letter, "阿达 <ada@example.org>", Format::Html);
        assert_eq!(bytes, copy(&letter, "阿达 <ada@example.org>", Format::Html));
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
        assert!(text.contains("<mailto:news@example.org?subject=unsubscribe%20t0ken>"), "{text}");
        assert!(text.lines().all(|l| l.len() <= 998));
    }

    #[test]
    fn a_subject_that_looks_encoded_is_read_as_it_was_written() {
        for written in
            ["What does =?utf-8?B?SGVsbG8=?= mean?".to_owned(), format!("=?x?Q?渡轮 {}", "字".repeat(60))]
        {
            let mut headers = Headers::new();
            subject(&mut headers, &written);
            let mail = format!("{headers}\r\n");
            assert!(mail.lines().all(|line| line.len() <= 76), "{mail}");
            assert_eq!(MessageParser::default().parse(mail.as_bytes()).unwrap().subject(), Some(&*written));
        }
    }

    #[test]
    fn a_nameless_recipient_has_brackets_and_a_text_reader_one_part() {
        let text = String::from_utf8(copy(&letter("<p>x</p>"), "bob@example.org", Format::Text)).unwrap();
        assert!(text.contains("\r\nTo: <bob@example.org>\r\n"), "{text}");
        assert!(text.contains("Content-Type: text/plain; charset=utf-8"));
        assert!(!text.contains("multipart"));
    }

    #[test]
    fn addresses_of_all_letters_stand_as_mail_servers_know_them() {
        let letter = letter("<p>x</p>");
        let text = |to| String::from_utf8(copy(&letter, to, Format::Text)).unwrap();
        assert!(text("Ada <ada@例子.中国>").contains("\r\nTo: Ada <ada@xn--fsqu00a.xn--fiqs8s>\r\n"));
        assert!(text("用户 <用户@例子.中国>").contains("\r\nTo: <用户@xn--fsqu00a.xn--fiqs8s>\r\n"));
    }

    #[test]
    fn no_two_ids_are_alike() {
        let from: Address = "news@example.org".parse().unwrap();
        let (a, b) = (new_id(&from).unwrap(), new_id(&from).unwrap());
        assert_ne!(a, b);
        assert!(a.starts_with('<') && a.ends_with("@example.org>"));
    }
}
