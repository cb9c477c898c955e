//! The column `entry.packed`: what an entry says besides its title, link and date, compressed (Zstandard, RFC
//! 8878). A feed's texts are short, so the compressor begins with a dictionary of what texts of news share; it
//! stands in `body.dict` and is part of the form: what was written with it is read with it, for ever.

use std::cell::RefCell;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use siphasher::sip::SipHasher13;
use zstd::bulk::{Compressor, Decompressor};

const DICTIONARY: &[u8] = include_bytes!("body.dict");
/// The first byte of what is written. Another dictionary, or another form, gets another number.
const FORM: u8 = 1;
/// Of Zstandard's levels the first: a first poll writes tens of thousands of texts, and higher ones save a few
/// hundredths of their length.
const LEVEL: i32 = 1;
/// A body is no larger, bytes; what says that it is, is damaged.
const MOST: usize = 64 << 20;

/// A body as it is stored: its form, its length and what it was compressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed(Vec<u8>);

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// By which a body is known to be the same: two versions of the compressor need not write the same.
pub(super) fn hash(body: &str) -> i64 {
    SipHasher13::new().hash(body.as_bytes()).cast_signed()
}

impl Packed {
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn new(body: &str) -> std::io::Result<Self> {
        COMPRESSOR.with_borrow_mut(|compressor| {
            let compressor = match compressor {
                Some(compressor) => compressor,
                None => compressor.insert(Compressor::with_dictionary(LEVEL, DICTIONARY)?),
            };
            let mut packed = vec![FORM];
            packed.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
            packed.extend(compressor.compress(body.as_bytes())?);
            Ok(Self(packed))
        })
    }

    /// What was packed; none if it is damaged.
    pub(super) fn body(&self) -> Option<String> {
        let (form, rest) = self.0.split_first()?;
        let (length, compressed) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if *form != FORM || length > MOST {
            return None;
        }
        DECOMPRESSOR.with_borrow_mut(|decompressor| {
            let decompressor = match decompressor {
                Some(decompressor) => decompressor,
                None => decompressor.insert(Decompressor::with_dictionary(DICTIONARY).ok()?),
            };
            String::from_utf8(decompressor.decompress(compressed, length).ok()?).ok()
        })
    }
}

impl ToSql for Packed {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Packed {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => Ok(Self(bytes.to_vec())),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn a_body_is_read_as_it_was_written_and_damage_is_noticed() {
        let short = r#"{"id":null,"summary":"<p>渡轮停航。</p>","content":null}"#;
        let long = short.repeat(1000);
        for body in [short, &long, ""] {
            assert_eq!(Packed::new(body).unwrap().body().as_deref(), Some(body));
        }
        assert!(Packed::new(&long).unwrap().0.len() < long.len() / 20);
        for damaged in
            [vec![], vec![1], vec![2, 1, 0, 0, 0], vec![1, 255, 255, 255, 255, 0], vec![1, 9, 0, 0, 0, 7]]
        {
            assert_eq!(Packed(damaged).body(), None);
        }
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
    }

    /// Databases were written with it.
    #[test]
    fn the_dictionary_is_never_edited() {
        let hash = HEXLOWER.encode(&Sha256::digest(DICTIONARY));
        assert_eq!(hash.get(..16), Some("04851df9a3998097"));
    }
}
