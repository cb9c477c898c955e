//! Bodies that come compressed with gzip or deflate, as servers really send them: under
//! another name, under none, in several members, without the wrapper. HTTP's other codings are
//! reqwest's to undo.

use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// Why a body cannot be had.
#[derive(Debug)]
pub(super) enum Undone {
    /// It would be larger than the limit.
    TooLarge,
    /// It is cut off, or damaged.
    Damaged(io::Error),
}

/// How often a body may be compressed: twice happens, when a proxy does it again.
const MOST_TIMES: usize = 3;

/// The body as it was before it was compressed, however often. `coding` is the Content-Encoding.
pub(super) fn plain(mut body: Vec<u8>, coding: Option<&str>, most: u64) -> Result<Vec<u8>, Undone> {
    let codings = coding.unwrap_or_default().split(',').map(str::trim).filter(|coding| !coding.is_empty());
    let codings: Vec<&str> = codings.collect();
    let first = codings.first().copied().filter(|_| codings.len() > 1);
    body = once(body, codings.last().copied(), most)?;
    for _ in 1..MOST_TIMES {
        let is_compressed = is_gzip(&body) || first.is_some() && is_zlib(&body);
        if !is_compressed {
            break;
        }
        body = once(body, first, most)?;
    }
    Ok(body)
}

/// One layer of it. Gzip is known by its first bytes, whatever the
/// header says (RFC 1952 2.3.1), and may have several members; what follows the last is ignored,
/// as browsers do.
fn once(body: Vec<u8>, coding: Option<&str>, most: u64) -> Result<Vec<u8>, Undone> {
    if is_gzip(&body) {
        let mut out = Vec::new();
        let mut rest = body.as_slice();
        while is_gzip(rest) {
            let mut decoder = GzDecoder::new(rest);
            read(&mut decoder, &mut out, most)?;
            rest = decoder.into_inner();
        }
        return Ok(out);
    }
    if !coding.is_some_and(|coding| coding.trim().eq_ignore_ascii_case("deflate")) {
        return Ok(body);
    }
    let mut out = Vec::new();
    // RFC 9110 8.4.1.2: some send it without the zlib wrapper.
    if is_zlib(&body) {
        read(&mut ZlibDecoder::new(body.as_slice()), &mut out, most)?;
    } else {
        read(&mut DeflateDecoder::new(body.as_slice()), &mut out, most)?;
    }
    Ok(out)
}

/// Whether bytes are compressed, by their looks.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
}

/// RFC 1950 2.2: the method, and a check sum over both bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [first, second, ..] => {
            first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)).is_multiple_of(31)
        }
        _ => false,
    }
}

fn read(decoder: &mut impl Read, out: &mut Vec<u8>, most: u64) -> Result<(), Undone> {
    let room = most.saturating_sub(out.len() as u64).saturating_add(1);
    decoder.take(room).read_to_end(out).map_err(Undone::Damaged)?;
    if out.len() as u64 > most { Err(Undone::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_way_to_say_gzip_is_understood() {
        let two = [gzip("<rss>one"), gzip("two</rss>")].concat();
        for coding in [None, Some("gzip"), Some("x-gzip"), Some("none")] {
            assert_eq!(plain(two.clone(), coding, 100).unwrap(), b"<rss>onetwo</rss>", "{coding:?}");
        }
        let trailing = [gzip("<rss/>"), b"\0\0\0".to_vec()].concat();
        assert_eq!(plain(trailing, Some("gzip"), 100).unwrap(), b"<rss/>");
        assert_eq!(plain(b"<rss/>".to_vec(), Some("gzip"), 100).unwrap(), b"<rss/>");
    }

    #[test]
    fn what_was_compressed_twice_is_undone_twice() {
        let mut again = GzEncoder::new(Vec::new(), Compression::default());
        again.write_all(&gzip("<rss/>")).unwrap();
        let twice = again.finish().unwrap();
        for coding in [None, Some("gzip"), Some("gzip, gzip")] {
            assert_eq!(plain(twice.clone(), coding, 100).unwrap(), b"<rss/>", "{coding:?}");
        }
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(&gzip("<rss/>")).unwrap();
        assert_eq!(plain(deflated.finish().unwrap(), Some("gzip, deflate"), 100).unwrap(), b"<rss/>");
    }

    #[test]
    fn deflate_comes_with_and_without_its_wrapper() {
        let mut wrapped = ZlibEncoder::new(Vec::new(), Compression::default());
        wrapped.write_all(b"<rss/>").unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"<rss/>").unwrap();
        for body in [wrapped.finish().unwrap(), raw.finish().unwrap()] {
            assert_eq!(plain(body, Some("deflate"), 100).unwrap(), b"<rss/>");
        }
    }

    #[test]
    fn what_is_cut_off_or_a_bomb_is_no_body() {
        let mut cut = gzip(&"words ".repeat(1000));
        cut.truncate(cut.len() - 12);
        assert!(matches!(plain(cut, None, 100_000), Err(Undone::Damaged(_))));
        let bomb = [gzip(&"a".repeat(900)), gzip(&"a".repeat(900))].concat();
        assert!(matches!(plain(bomb, None, 1000), Err(Undone::TooLarge)));
    }
}
