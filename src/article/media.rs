//! What comes with an article to be heard, watched or opened.

use url::Url;

use super::links;
use crate::model::{Enclosure, Entry, Medium, MediumKind};

/// A list of a hundred files is for a page, not for a mail.
const MOST_FILES: usize = 4;

/// The files of an entry, pictures aside: of sounds and of films the first, since the others are
/// the same in other qualities.
pub(super) fn of(entry: &Entry, base: Option<&Url>) -> Vec<Medium> {
    let mut media: Vec<Medium> = Vec::new();
    for enclosure in &entry.enclosures {
        let Some(url) = links::absolute(&enclosure.url, base).map(String::from) else { continue };
        let Some(kind) = kind(enclosure) else { continue };
        let most = if kind == MediumKind::File { MOST_FILES } else { 1 };
        if media.iter().filter(|medium| medium.kind == kind).count() < most {
            let seconds = entry.seconds.filter(|_| kind != MediumKind::File);
            media.push(Medium { kind, url, seconds });
        }
    }
    media
}

/// By its media type, else by the end of its address. None for pictures, and for what says
/// nothing of itself.
fn kind(enclosure: &Enclosure) -> Option<MediumKind> {
    let stated = enclosure.media_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let path = enclosure.url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, end)| end);
    if stated.starts_with("audio/") {
        return Some(MediumKind::Sound);
    }
    if stated.starts_with("video/") {
        return Some(MediumKind::Film);
    }
    match ending {
        "mp3" | "m4a" | "m4b" | "ogg" | "oga" | "opus" | "aac" | "flac" | "wav" => Some(MediumKind::Sound),
        "mp4" | "m4v" | "mov" | "webm" | "mkv" | "ogv" | "avi" => Some(MediumKind::Film),
        _ if stated.starts_with("image/") || stated.starts_with("text/") => None,
        "pdf" | "epub" | "zip" | "doc" | "docx" | "xls" | "xlsx" | "ppt" | "pptx" | "odt" | "csv"
        | "torrent" => Some(MediumKind::File),
        _ if stated.starts_with("application/") && !stated.contains("flash") => Some(MediumKind::File),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_type_or_its_name() {
        let kind = |media_type: Option<&str>, url: &str| {
            kind(&Enclosure { url: url.into(), media_type: media_type.map(str::to_owned), length: None })
        };
        assert_eq!(kind(Some("audio/mpeg"), "https://a.example/get?id=1"), Some(MediumKind::Sound));
        assert_eq!(kind(None, "https://a.example/e1.M4A?x=1"), Some(MediumKind::Sound));
        assert_eq!(kind(Some("application/octet-stream"), "https://a.example/f.mp4"), Some(MediumKind::Film));
        assert_eq!(kind(Some("application/pdf"), "https://a.example/minutes"), Some(MediumKind::File));
        assert_eq!(kind(Some("image/jpeg"), "https://a.example/p.jpg"), None);
        assert_eq!(kind(None, "https://a.example/p"), None);
    }
}
