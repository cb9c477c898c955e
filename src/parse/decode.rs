//! Bytes to text. A byte order mark wins; then bytes that are valid UTF-8 are UTF-8,
//! whatever they are labelled (mislabelled UTF-8 is common, other encodings that happen
//! to be valid UTF-8 are not); then the HTTP header, the XML declaration, and at last a
//! guess. The text's own declaration is taken off, since it no longer holds.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// The detector is slow, and the start of a document tells as much as all of it.
const SAMPLE: usize = 64 * 1024;

pub(super) fn to_text<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let text = decode(bytes, content_type);
    match declaration_end(&text) {
        Some(end) => Cow::Owned(text.split_at(end).1.to_owned()),
        None => text,
    }
}

fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let encoding = content_type.and_then(charset).or_else(|| declared(bytes)).unwrap_or_else(|| guess(bytes));
    encoding.decode(bytes).0
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        Encoding::for_label(value.trim().trim_matches(['"', '\'']).as_bytes())
    })
}

/// The encoding of the XML declaration, which is ASCII in every encoding met here.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(bytes.get(..bytes.len().min(1024))?);
    let declaration = start.split_once("<?xml")?.1.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next()?;
    let label = value.trim_start_matches(quote).split(quote).next()?;
    // A document that declares UTF-8 and is not valid UTF-8 lies.
    Encoding::for_label(label.trim().as_bytes()).filter(|e| *e != UTF_8)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let broken = String::from_utf8_lossy(sample).matches('\u{fffd}').count();
    // A few broken bytes in otherwise good UTF-8 cost a few characters, not the feed.
    if broken * 200 < sample.len()
        && sample.iter().any(|b| *b >= 0xc2)
        && valid_sequences(sample) > 4 * broken
    {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// How many characters beyond ASCII are well-formed UTF-8.
fn valid_sequences(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().flat_map(|c| c.valid().chars()).filter(|c| !c.is_ascii()).count()
}

fn declaration_end(text: &str) -> Option<usize> {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if !start.starts_with("<?xml") {
        return None;
    }
    let end = start.find("?>")? + 2;
    Some(text.len() - start.len() + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "<rss><title>每日要闻，两岸新闻与评论</title></rss>";

    #[test]
    fn a_label_that_lies_about_utf8_is_not_believed() {
        let text = format!("<?xml version=\"1.0\" encoding=\"gb2312\"?>{FEED}");
        assert_eq!(to_text(text.as_bytes(), Some("text/xml; charset=gbk")), FEED);
    }

    #[test]
    fn the_header_the_declaration_and_the_bytes_are_asked_in_turn() {
        let gbk = encoding_rs::GBK.encode(FEED).0.into_owned();
        assert_eq!(to_text(&gbk, Some("text/xml; charset=\"GB2312\"")), FEED);
        let mut declared = b"<?xml version='1.0' encoding='gbk'?>".to_vec();
        declared.extend(&gbk);
        assert_eq!(to_text(&declared, None), FEED);
        let long = FEED.repeat(20);
        assert_eq!(to_text(&encoding_rs::GBK.encode(&long).0, None), long);
    }

    #[test]
    fn one_broken_byte_costs_one_character() {
        let mut bytes = FEED.repeat(20).into_bytes();
        bytes[25] = 0xff;
        assert!(to_text(&bytes, None).contains("两岸新闻与评论"));
    }
}
