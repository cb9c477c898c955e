//! Bytes to text. A byte order mark wins; then bytes that are valid UTF-8 are UTF-8,
//! whatever they are labelled (mislabelled UTF-8 is common, other encodings that happen
//! to be valid UTF-8 are not); then the HTTP header, the XML declaration, and at last a
//! guess. What no text may contain is taken
//! out.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The detector is slow, and the start of a document tells as much as all of it.
const SAMPLE: usize = 64 * 1024;

pub(super) fn to_text<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let text = decode(bytes, content_type);
    let text = encoded_twice(&text).map_or(text, Cow::Owned);
    if is_illegible(&text) { Cow::Owned(legible(&text)) } else { text }
}

/// So many bytes are looked at in one go, which compilers make fast.
const STRETCH: usize = 4096;

/// Whether there is a character in a text that [`legible`] takes out or replaces. Most texts have none, and
/// are long: those with no byte that could begin one are not looked at letter by letter.
fn is_illegible(text: &str) -> bool {
    let may_begin = |byte: u8| {
        (byte < 0x20 && byte != b'\t' && byte != b'\n' && byte != b'\r')
            | (byte == 0x7f)
            | (byte == 0xc2)
            | (byte == 0xef)
    };
    let bytes = text.as_bytes();
    let is_any = |stretch: &[u8]| stretch.iter().fold(false, |any, byte| any | may_begin(*byte));
    let mut at = 0;
    bytes.chunks(STRETCH).any(|stretch| {
        let start = at;
        at += stretch.len();
        is_any(stretch)
            && stretch.iter().zip(start..).any(|(byte, i)| match (byte, bytes.get(i + 1..)) {
                (0xc2, Some([0x80..=0x9f, ..])) | (0xef, Some([0xbf, 0xbe | 0xbf, ..])) => true,
                (0xc2 | 0xef, _) => false,
                (byte, _) => may_begin(*byte),
            })
    })
}

/// A text without what no text may contain.
pub(super) fn legible(text: &str) -> String {
    text.chars().filter(|c| !is_forbidden(*c)).map(meant).collect()
}

/// The control characters of Latin-1, which nobody means: bytes of Windows-1252 that were taken
/// for it.
fn is_c1(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}

/// What a control character of Latin-1 is meant as.
pub(super) fn meant(c: char) -> char {
    match u8::try_from(c) {
        Ok(byte) if is_c1(c) => {
            WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(c)
        }
        _ => c,
    }
}

/// UTF-8 that a program took for Windows-1252 and encoded once more. Articles of many hands come
/// together in a feed, so each text between two tags is looked at by itself: every run of letters
/// beyond ASCII in it must be the bytes of other letters.
fn encoded_twice(text: &str) -> Option<String> {
    // The first byte in UTF-8 of all those letters.
    if !text.as_bytes().contains(&0xc3) || !text.contains(is_lead) {
        return None;
    }
    let mut is_changed = false;
    let decoded: String = text
        .split_inclusive(['<', '>'])
        .map(|piece| match decoded_again(piece) {
            Some(plain) => {
                is_changed = true;
                Cow::Owned(plain)
            }
            None => Cow::Borrowed(piece),
        })
        .collect();
    is_changed.then_some(decoded)
}

/// The first byte of a letter in UTF-8, as a letter of Latin-1.
fn is_lead(c: char) -> bool {
    matches!(c, '\u{c2}'..='\u{f4}')
}

/// What must speak for letters that were encoded twice. `CAFÉ…` too is bytes of a letter, of one
/// that nobody means.
const EVIDENCE: u32 = 4;

fn decoded_again(piece: &str) -> Option<String> {
    if !piece.contains(is_lead) {
        return None;
    }
    let (mut out, mut run, mut evidence) = (String::with_capacity(piece.len()), Vec::new(), 0);
    let mut end = |run: &mut Vec<u8>, out: &mut String| {
        let decoded = std::str::from_utf8(run).ok()?;
        evidence += decoded.chars().map(weight).sum::<u32>();
        out.push_str(decoded);
        run.clear();
        Some(())
    };
    for c in piece.chars() {
        if c.is_ascii() {
            end(&mut run, &mut out)?;
            out.push(c);
        } else {
            run.push(byte_of(c)?);
        }
    }
    end(&mut run, &mut out)?;
    (evidence >= EVIDENCE).then_some(out)
}

fn weight(decoded: char) -> u32 {
    match decoded {
        '\u{80}'..='\u{ff}' if decoded.is_lowercase() => EVIDENCE,
        '\u{80}'..='\u{ff}' => 2,
        '\u{100}'..='\u{7ff}' => 1,
        _ => EVIDENCE,
    }
}

/// The byte that is this character in Windows-1252, or in Latin-1.
fn byte_of(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(c) {
        return Some(byte);
    }
    let mut bytes = [0; 4];
    let (encoded, _, is_lossy) = WINDOWS_1252.encode(c.encode_utf8(&mut bytes));
    match (&*encoded, is_lossy) {
        ([byte], false) => Some(*byte),
        _ => None,
    }
}

/// What XML 1.0 forbids, and with it JSON and mail: most control characters, and code
/// points that are no characters.
pub(super) fn is_forbidden(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}')
}

fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    if let Some(encoding) = bare_utf_16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let declared = declared(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022-JP is seven-bit, and so the one encoding that is always valid UTF-8.
        let header = content_type.and_then(charset);
        if [declared, header].contains(&Some(ISO_2022_JP)) && text.contains('\u{1b}') {
            return ISO_2022_JP.decode(bytes).0;
        }
        return Cow::Borrowed(text);
    }
    // The bytes are not UTF-8, whoever says so; and Latin-1 in a header is the server's
    // default as often as not.
    let header = content_type.and_then(charset).filter(|e| *e != UTF_8);
    let trusted = header.filter(|e| *e != WINDOWS_1252 || declared.is_none());
    trusted.or(declared).or(header).unwrap_or_else(|| guess(bytes)).decode(bytes).0
}

/// A text that is not UTF-8, and the name of the encoding that it most likely is in.
pub(super) fn named(bytes: &[u8]) -> (String, &'static str) {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let is_wide = (zeros(0) + zeros(1)) * 4 > bytes.len();
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if is_wide && zeros(0) > zeros(1) => UTF_16BE,
        None if is_wide => UTF_16LE,
        None => guess(bytes),
    };
    (encoding.decode(bytes).0.into_owned(), encoding.name())
}

/// encoding_rs leaves UTF-32 to others, since browsers do.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let (rest, little_endian) = if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe, 0, 0]) {
        (rest, true)
    } else if let Some(rest) = bytes.strip_prefix(&[0, 0, 0xfe, 0xff]) {
        (rest, false)
    } else if bytes.starts_with(b"<\0\0\0") {
        (bytes, true)
    } else if bytes.starts_with(b"\0\0\0<") {
        (bytes, false)
    } else {
        return None;
    };
    let units = rest.chunks_exact(4).map(|c| {
        let c = [c[0], c[1], c[2], c[3]];
        if little_endian { u32::from_le_bytes(c) } else { u32::from_be_bytes(c) }
    });
    Some(units.map(|u| char::from_u32(u).unwrap_or('\u{fffd}')).collect())
}

/// Markup begins with `<`, and every other byte of it is nought.
fn bare_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let text = bytes.trim_ascii_start();
    match text.get(..4)? {
        [b'<' | b'{', 0, c, 0] if *c != 0 => Some(UTF_16LE),
        [0, b'<' | b'{', 0, c] if *c != 0 => Some(UTF_16BE),
        _ => None,
    }
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

/// The encoding of the XML declaration or of a page's `meta`, which are ASCII in every
/// encoding met here, and need not stand where they should nor be spelled as they should.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096))?);
    let value = match start.split_once("<?xml") {
        Some((_, rest)) => rest.split_once('>')?.0.split_once("encoding")?.1,
        None => start.split_once("<meta").and_then(|(_, rest)| rest.split_once("charset"))?.1,
    };
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let label = value.trim_start_matches(['"', '\'']);
    let end = label.find(['"', '\'', '?', ' ', '>', '/', ';']).filter(|end| *end > 0);
    let label = end.map_or(label, |end| label.split_at(end).0);
    // What declares UTF-8 and is not valid UTF-8 lies; UTF-16 would have shown itself.
    Encoding::for_label(label.trim().as_bytes()).filter(|e| ![UTF_8, UTF_16LE, UTF_16BE].contains(e))
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

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "<rss><title>每日要闻，两岸新闻与评论</title></rss>";

    #[test]
    fn a_label_that_lies_about_utf8_is_not_believed() {
        let text = format!("<?xml version=\"1.0\" encoding=\"gb2312\"?>{FEED}");
        assert!(to_text(text.as_bytes(), Some("text/xml; charset=gbk")).ends_with(FEED));
    }

    #[test]
    fn the_header_the_declaration_and_the_bytes_are_asked_in_turn() {
        let gbk = encoding_rs::GBK.encode(FEED).0.into_owned();
        assert_eq!(to_text(&gbk, Some("text/xml; charset=\"GB2312\"")), FEED);
        let mut declared = b"<?xml version='1.0' encoding='gbk'?>".to_vec();
        declared.extend(&gbk);
        assert!(to_text(&declared, None).ends_with(FEED));
        let long = FEED.repeat(20);
        assert_eq!(to_text(&encoding_rs::GBK.encode(&long).0, None), long);
    }

    #[test]
    fn a_page_names_its_encoding_in_its_head() {
        let page = |head: &str| {
            let html = format!("<html><head>{head}</head><body>每日要闻，两岸新闻与评论</body></html>");
            to_text(&encoding_rs::GBK.encode(&html).0, Some("text/html")).contains("每日要闻")
        };
        assert!(page("<meta charset=gbk>"));
        assert!(page("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\">"));
    }

    #[test]
    fn what_was_encoded_twice_is_decoded_twice_and_capitals_are_left_alone() {
        for (text, wanted) in [
            ("<t>FÃ¤rjan gÃ¥r â€“ snart</t>", "<t>Färjan går – snart</t>"),
            ("<t>MAÇÃ E PÃO EM SÃO TOMÉ</t>", "<t>MAÇÃ E PÃO EM SÃO TOMÉ</t>"),
            ("<t>Ã¤ is how ä looks</t>", "<t>Ã¤ is how ä looks</t>"),
            ("<t>渡轮</t><u>pÃ¥ lÃ¸rdag</u>", "<t>渡轮</t><u>på lørdag</u>"),
            ("<t>OLÉ…</t>MANHÃ…", "<t>OLÉ…</t>MANHÃ…"),
        ] {
            assert_eq!(to_text(text.as_bytes(), None), wanted);
        }
        let twice: String = "<t>渡轮公司</t>".bytes().map(char::from).collect();
        assert_eq!(to_text(twice.as_bytes(), None), "<t>渡轮公司</t>");
    }

    #[test]
    fn control_characters_of_latin_1_are_what_windows_means_by_them() {
        assert_eq!(to_text("<t>4\u{80} \u{96} it\u{92}s</t>".as_bytes(), None), "<t>4€ – it’s</t>");
    }

    #[test]
    fn what_is_illegible_is_found_wherever_it_stands() {
        for at in [0, 1, STRETCH - 2, STRETCH - 1, STRETCH, STRETCH + 1] {
            let before = "x".repeat(at);
            for c in ['\0', '\u{8}', '\u{1f}', '\u{7f}', '\u{80}', '\u{9f}', '\u{fffe}', '\u{ffff}'] {
                assert!(is_illegible(&format!("{before}{c}y")), "{at} {c:?}");
            }
            for c in ['\t', '\n', '\r', ' ', '~', '\u{a0}', '«', 'é', '，', '\u{fffd}', '\u{efff}', '🙂']
            {
                assert!(!is_illegible(&format!("{before}{c}y")), "{at} {c:?}");
            }
        }
    }

    #[test]
    fn one_broken_byte_costs_one_character() {
        let mut bytes = FEED.repeat(20).into_bytes();
        bytes[25] = 0xff;
        assert!(to_text(&bytes, None).contains("两岸新闻与评论"));
    }
}
