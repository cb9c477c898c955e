//! The parts of a mail, encoded (RFC 2045 6), and the one place in them where each copy differs:
//! the reader's own token in the address of the page where they leave. An edition is encoded once,
//! with a placeholder that is kept together on a line, and each copy overwrites it in place.

use data_encoding::BASE64;
use lettre::message::Body;
use lettre::message::header::ContentTransferEncoding;

/// Stands for a reader's token, and is as long as one.
pub const READERS_TOKEN: &str = "thereadersowntokengoeshere";

/// What stands before it in the address of a reader's page; the second in editions of older versions, whose
/// mails may still have to be sent.
const IN_ADDRESS: [&str; 2] = ["/reader/", "/unsubscribe/"];

/// Bytes of a line of base64, decoded and, with its end, encoded.
const LINE: usize = 57;
const ENCODED_LINE: usize = 78;

/// So many blanks, of a byte each, encoding may add to a text.
pub const MOST_BLANKS: usize = LINE - 1;

/// A text, encoded.
pub(super) struct Encoded {
    pub(super) body: Body,
    /// Where in it a reader's token stands, and how.
    place: Option<(usize, Place)>,
}

impl Encoded {
    /// Where in a mail's body that holds this part a reader's token stands, and how.
    pub(super) fn place_in(&self, body: &[u8]) -> Option<(usize, Place)> {
        let part: &[u8] = self.body.as_ref();
        let start = body.windows(part.len().max(1)).position(|window| window == part)?;
        let (at, place) = self.place.clone()?;
        Some((start + at, place))
    }
}

/// How a reader's token stands in an encoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Plain,
    /// A line of base64 begins with it, and goes on with these bytes.
    Base64(Vec<u8>),
}

impl Place {
    /// The bytes that stand for a token.
    fn show(&self, token: &str) -> Vec<u8> {
        match self {
            Self::Plain => token.as_bytes().to_vec(),
            Self::Base64(rest) => BASE64.encode(&[token.as_bytes(), rest].concat()).into_bytes(),
        }
    }

    /// Puts a token in the place of the placeholder. One of another length is not put there.
    pub(super) fn fill(&self, body: &mut [u8], at: usize, token: &str) {
        let shown = self.show(token);
        if let Some(place) = body.get_mut(at..at + shown.len())
            && token.len() == READERS_TOKEN.len()
        {
            place.copy_from_slice(&shown);
        }
    }
}

/// How many bytes a part takes in the mail.
pub fn encoded_len(text: &str) -> usize {
    encode(text).body.len()
}

/// As it is, where its lines may be sent so; else quoted-printable or base64, whichever is
/// shorter. lettre by itself guesses, and takes a third more for a Chinese edition.
pub(super) fn encode(text: &str) -> Encoded {
    // lettre looks for lone line feeds in quadratic time, so it is shown none.
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let body = shortest(&text);
    let encoding = body.encoding();
    // The last: articles may say anything.
    let place = |before: &str| Some(text.rfind(&format!("{before}{READERS_TOKEN}"))? + before.len());
    let at = IN_ADDRESS.into_iter().filter_map(place).max();
    let Some((before, rest)) = at.and_then(|at| text.split_at_checked(at)) else {
        return Encoded { body, place: None };
    };
    let after = rest.strip_prefix(READERS_TOKEN).unwrap_or_default();
    let kept_together = match encoding {
        ContentTransferEncoding::QuotedPrintable => quoted_printable(before, after),
        ContentTransferEncoding::Base64 => base64(before, after),
        _ => Some((body.clone(), (before.len(), Place::Plain))),
    };
    match kept_together {
        Some((body, place)) => Encoded { body, place: Some(place) },
        None => Encoded { body, place: None },
    }
}

fn shortest(text: &str) -> Body {
    let guessed = Body::new(text.to_owned());
    let other = match guessed.encoding() {
        ContentTransferEncoding::QuotedPrintable => ContentTransferEncoding::Base64,
        ContentTransferEncoding::Base64 => ContentTransferEncoding::QuotedPrintable,
        _ => return guessed,
    };
    match Body::new_with_encoding(text.to_owned(), other) {
        Ok(other) if other.len() < guessed.len() => other,
        _ => guessed,
    }
}

/// On a line of its own, between soft line breaks.
fn quoted_printable(before: &str, after: &str) -> Option<(Body, (usize, Place))> {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let part = |text: &str| Body::new_with_encoding(text.to_owned(), encoding).ok().map(Body::into_vec);
    let (before, after) = (part(before)?, part(after)?);
    let at = before.len() + b"=\r\n".len();
    let bytes = [&before, &b"=\r\n"[..], READERS_TOKEN.as_bytes(), b"=\r\n", &after].concat();
    Some((Body::dangerous_pre_encoded(bytes, encoding), (at, Place::Plain)))
}

/// At the beginning of a line: what stands before is filled up with blanks where none are seen, in
/// the tag of its link or at the end of a line of plain text.
fn base64(before: &str, after: &str) -> Option<(Body, (usize, Place))> {
    let is_html = before.starts_with("<!DOCTYPE");
    let blank_at = if is_html { before.rfind("<a ")? + "<a ".len() } else { before.rfind("\r\n")? };
    let (start, end) = before.split_at_checked(blank_at)?;
    let blanks = " ".repeat((LINE - before.len() % LINE) % LINE);
    let text = format!("{start}{blanks}{end}{READERS_TOKEN}{after}");
    let body = Body::new_with_encoding(text, ContentTransferEncoding::Base64).ok()?;
    let rest = after.bytes().take(LINE - READERS_TOKEN.len()).collect();
    let at = (before.len() + blanks.len()) / LINE * ENCODED_LINE;
    Some((body, (at, Place::Base64(rest))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAS: &str = "abcdefghijklmnopqrstuvwxyz";

    /// What a reader's program makes of a copy.
    fn decoded(bytes: Vec<u8>, encoding: ContentTransferEncoding) -> String {
        let head = format!(
            "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        let mail = [head.into_bytes(), bytes].concat();
        let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
        mail.body_html(0).unwrap().into_owned()
    }

    #[test]
    fn a_part_is_encoded_by_whichever_is_shorter() {
        let mark = "<p style=\"margin:0;padding:0\">";
        for (html, encoding, most) in [
            (
                format!("{mark}渡轮提前一周改为冬季班次。</p>").repeat(900),
                ContentTransferEncoding::Base64,
                1.38,
            ),
            (
                format!("{mark}Fähren fahren früher.</p>").repeat(900),
                ContentTransferEncoding::QuotedPrintable,
                1.3,
            ),
        ] {
            let body = encode(&html).body;
            assert_eq!(body.encoding(), encoding);
            assert!(body.len() as f64 <= html.len() as f64 * most, "{} of {}", body.len(), html.len());
        }
        assert_eq!(encode("short\nlines\n").body.encoding(), ContentTransferEncoding::SevenBit);
    }

    #[test]
    fn each_reader_finds_their_own_token_and_the_rest_is_the_same() {
        for words in ["渡轮提前一周改为冬季班次。", "Fähren fahren früher, sagt der Hafen heute.", "short"]
        {
            for length in 0..120 {
                for after in ["\">退订了就没有了以后也不会再有了</a></p>", "\">leave</a>\n", "\">"]
                {
                    let before = format!(
                        "<!DOCTYPE html>{READERS_TOKEN} {}{}\n<a class=\"x\" href=\"https://n.example/unsubscribe/",
                        words.repeat(20),
                        "y".repeat(length)
                    );
                    let encoded = encode(&format!("{before}{READERS_TOKEN}{after} {READERS_TOKEN}"));
                    let encoding = encoded.body.encoding();
                    let (at, place) = encoded.place.unwrap();
                    let mut body = encoded.body.into_vec();
                    assert!(
                        body.split(|b| *b == b'\n')
                            .all(|line| line.len() <= 77 || encoding == ContentTransferEncoding::SevenBit)
                    );
                    place.fill(&mut body, at, "of another length");
                    place.fill(&mut body, at, ADAS);
                    let read = decoded(body, encoding).replace("\r\n", "\n");
                    let read = read.split("<a ").map(str::trim_start).collect::<Vec<_>>().join("<a ");
                    let asked = format!("{before}{ADAS}{after} {READERS_TOKEN}");
                    assert_eq!(read.trim_end(), asked.trim_end(), "{encoding:?} {length}");
                }
            }
        }
    }
}
