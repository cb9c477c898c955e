//! The fields and parts of a message that came in.
//!
//! mail-parser reads what is in a field. The parts are told apart here: on parts nested
//! without end mail-parser takes a time that grows with the square of their number, or all
//! of the stack, and anybody may send such a message.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::parsers::MessageStream;

/// How much of a message is read, in bytes. What it has to say stands in front of the mail
/// that it gives back.
const ENOUGH: usize = 1 << 20;
/// How deep parts are looked for in parts. Gateways that add a footer wrap once.
const DEEPEST: usize = 5;

pub(super) struct Message {
    pub(super) fields: Fields,
    /// The media type and text of each part that has no parts.
    parts: Vec<(String, String)>,
}

impl Message {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes.get(..ENOUGH).unwrap_or(bytes));
        let lines: Vec<&str> = text.trim_start().lines().collect();
        let mut parts = Vec::new();
        collect(&lines, 0, &mut parts);
        Self { fields: Fields::of(&lines), parts }
    }

    /// The text of the first part of one of these types. A message within the message is a
    /// part: what that holds came back, but is not what came in.
    pub(super) fn part(&self, kinds: &[&str]) -> Option<&str> {
        self.parts.iter().find(|(kind, _)| kinds.contains(&kind.as_str())).map(|(_, text)| text.as_str())
    }
}

fn collect(lines: &[&str], depth: usize, parts: &mut Vec<(String, String)>) {
    let fields = Fields::of(lines);
    let body: Vec<&str> = lines.iter().copied().skip_while(|line| !line.trim().is_empty()).skip(1).collect();
    let value = format!("{}\n", fields.get("content-type").unwrap_or("text/plain"));
    let parsed = MessageStream::new(value.as_bytes()).parse_content_type();
    let content = parsed.as_content_type();
    let kind = content.map_or_else(String::new, |c| {
        format!("{}/{}", c.ctype(), c.subtype().unwrap_or_default()).to_ascii_lowercase()
    });
    if let Some(boundary) = content.and_then(|c| c.attribute("boundary"))
        && kind.starts_with("multipart/")
        && depth < DEEPEST
    {
        let between = |line: &&str| {
            let rest = line.strip_prefix("--").and_then(|line| line.strip_prefix(boundary));
            rest.is_some_and(|rest| matches!(rest.trim_end(), "" | "--"))
        };
        body.split(between).skip(1).for_each(|part| collect(part, depth + 1, parts));
        return;
    }
    let text = body.join("\n");
    let encoding = fields.get("content-transfer-encoding").unwrap_or_default();
    let decoded = match encoding.to_ascii_lowercase().as_str() {
        "base64" => base64_decode(text.as_bytes()),
        "quoted-printable" => quoted_printable_decode(text.as_bytes()),
        _ => None,
    };
    parts.push((kind, decoded.map_or(text, |bytes| String::from_utf8_lossy(&bytes).into_owned())));
}

/// The fields up to the first empty line, names in lower case, values unfolded.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(text: &str) -> Self {
        Self::of(&text.trim_start().lines().collect::<Vec<_>>())
    }

    fn of(lines: &[&str]) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in lines.iter().take_while(|line| !line.trim().is_empty()) {
            match (fields.last_mut(), line.split_once(':')) {
                (Some((_, value)), _) if line.starts_with([' ', '\t']) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                (_, Some((name, value))) => {
                    fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
                _ => {}
            }
        }
        Self(fields)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// What is written for people (RFC 2047).
    pub(super) fn text(&self, name: &str) -> String {
        let value = format!("{}\n", self.get(name).unwrap_or_default());
        let parsed = MessageStream::new(value.as_bytes()).parse_unstructured();
        parsed.as_text().unwrap_or_default().to_owned()
    }

    /// In lower case.
    pub(super) fn addresses(&self, name: &str) -> Vec<String> {
        let values = self.all(name).collect::<Vec<_>>().join(",") + "\n";
        let parsed = MessageStream::new(values.as_bytes()).parse_address();
        let addresses = parsed.as_address().into_iter().flat_map(|list| list.iter());
        addresses.filter_map(|a| a.address()).map(str::to_lowercase).collect()
    }

    /// What stands between `<` and `>`, where white space means nothing (RFC 2369 2).
    pub(super) fn bracketed(&self, name: &str) -> Vec<String> {
        let all = self.all(name).flat_map(|value| value.split('<').skip(1));
        let inside = all.filter_map(|rest| rest.split_once('>')).map(|(inside, _)| inside);
        inside.map(|inside| inside.split_whitespace().collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        Message::read(text.as_bytes())
            .parts
            .into_iter()
            .map(|(kind, text)| format!("{kind} {text}"))
            .collect()
    }

    #[test]
    fn parts_are_found_however_they_are_wrapped() {
        assert_eq!(kinds("Subject: x\r\n\r\none\r\ntwo"), ["text/plain one\ntwo"]);
        assert_eq!(kinds("Content-Type: TEXT/Html; charset=utf-8\n\nx"), ["text/html x"]);
        let inner = "Content-Type: multipart/alternative; boundary=a-b\n\nfor old programs\n\
            --a-b \n\none\n--a-bc\n--a-b\nContent-Type: message/rfc822\n\n\
            Content-Type: multipart/mixed; boundary=q\n\n--q\n\nquoted\n--q--\n--a-b--\n";
        let quoted = "message/rfc822 Content-Type: multipart/mixed; boundary=q\n\n--q\n\nquoted\n--q--";
        assert_eq!(kinds(inner), ["text/plain one\n--a-bc", quoted, "text/plain "]);
        let outer = format!("Content-Type: Multipart/Mixed;\n boundary=\"a b\"\n\n--a b\n{inner}\n--a b--\n");
        assert_eq!(kinds(&outer).get(..2).unwrap(), ["text/plain one\n--a-bc", quoted]);
        assert!(kinds("Content-Type: multipart/mixed; boundary=a\n\nnothing").is_empty());
    }

    #[test]
    fn parts_are_decoded_as_far_as_they_can_be() {
        let text = |encoding: &str, body: &str| {
            kinds(&format!("Content-Transfer-Encoding: {encoding}\n\n{body}")).concat()
        };
        assert_eq!(text("Base64", "5rih\n6L2u"), "text/plain 渡轮");
        assert_eq!(text("QUOTED-PRINTABLE", "=E6=B8=A1=\n=E8=BD=AE"), "text/plain 渡轮");
        assert_eq!(text("8bit", "渡轮"), "text/plain 渡轮");
        assert_eq!(text("base64", "no: *"), "text/plain no: *");
    }

    #[test]
    fn fields_are_unfolded_and_end_at_an_empty_line() {
        let fields = Fields::read(
            "\nTo : Ada <Ada@example.org>,\n\t\"Bob, B.\" <bob@example.org> (b)\nno field\nTO: g: eve@example.org;\n\
            Subject: =?utf-8?b?5rih?=\n =?utf-8?q?=E8=BD=AE?= a\nX: <a\n  b>, c, <d>\n\nFrom: x@example.org\n",
        );
        assert_eq!(fields.addresses("to"), ["ada@example.org", "bob@example.org", "eve@example.org"]);
        assert_eq!(fields.text("subject"), "渡轮 a");
        assert_eq!(fields.bracketed("x"), ["ab", "d"]);
        assert_eq!(fields.get("from"), None);
        assert!(fields.addresses("from").is_empty() && fields.text("from").is_empty());
    }
}
