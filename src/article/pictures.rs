//! The pictures of an article: of a lazy image its real address, of twins one, of spacers
//! and trackers none; and which words belong to which picture.

use std::collections::HashSet;
use std::sync::LazyLock;

use dom_query::{Document, NodeRef};
use regex::Regex;
use url::Url;

use super::blocks::{self, Block, Line, Paragraph, Picture, Span, Styles};
use super::bounds;
use super::links::{absolute, is_host};
use crate::model::{Entry, Image};

/// Children of a `<picture>` that are looked at, for each of its images.
const MAX_SOURCES: usize = 32;

/// As wide as a mail shows it.
const MAX_WIDTH: u32 = 600;
/// Smaller than this in both directions is an icon; in one, a line.
const ICON: u32 = 48;
const LINE: u32 = 12;
/// A picture known to be narrower leads no article.
const LEAST_LEAD: u32 = 150;
/// A gallery of forty is not for a mail.
const MOST: usize = 5;
/// Longer than this, emphasised words under a picture are not its caption.
const CAPTION_COLUMNS: usize = 160;
/// Bytes of a caption after which small print no longer joins it.
const LONGEST_CAPTION: usize = 4_000;

/// What an image element shows its reader.
pub(super) enum Seen {
    Picture(Picture),
    /// An emoji that was made an image.
    Character(String),
    /// A picture within the feed, which no mail program shows, by what is said in its place.
    Words(String),
    Nothing,
}

pub(super) fn read(node: &NodeRef<'_>, base: Option<&Url>) -> Seen {
    let attribute = |name: &str| attribute(node, name);
    let alt = attribute("alt").unwrap_or_default();
    let sizes = ["width", "height"].map(|name| attribute(name).and_then(|v| pixels(&v)));
    let Some(url) = address(node, base, sizes[0]) else {
        let is_inline = attribute("src").is_some_and(|src| src.starts_with("data:image/"));
        let is_small = sizes.iter().flatten().any(|size| *size < ICON);
        let words = super::visible(&alt);
        let is_worth_it = is_inline && !is_small && !words.trim().is_empty();
        return if is_worth_it { Seen::Words(words) } else { Seen::Nothing };
    };
    let is_emoji = url.path().contains("/emoji/") || attribute("class").is_some_and(|c| c.contains("emoji"));
    if !alt.is_empty() && is_formula(node, &url) {
        return Seen::Character(alt);
    }
    if is_emoji && (1..=12).contains(&alt.chars().count()) {
        return Seen::Character(alt);
    }
    if is_spacer(&url, &alt, sizes) {
        return Seen::Nothing;
    }
    let [width, height] = scaled(sizes);
    let alt = super::visible(&alt).chars().take(500).collect();
    Seen::Picture(Picture { url: url.into(), alt, width, height })
}

/// The still of a film.
pub(super) fn poster(node: &NodeRef<'_>, base: Option<&Url>) -> Option<Picture> {
    let url = absolute(&attribute(node, "poster")?, base)?;
    Some(Picture { url: url.into(), ..Picture::default() })
}

fn attribute(node: &NodeRef<'_>, name: &str) -> Option<String> {
    node.attr(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
}

/// Where the picture really is. A lazy image has a placeholder in `src` and its address
/// elsewhere; inside `<picture>`, it may be with a sibling. `shown` is how wide the page shows it.
fn address(node: &NodeRef<'_>, base: Option<&Url>, shown: Option<u32>) -> Option<Url> {
    let src = attribute(node, "src").filter(|src| !is_placeholder(src)).and_then(|src| absolute(&src, base));
    // One pixel of the page, where candidates are told apart by density.
    let unit = src.as_ref().and_then(named_width).unwrap_or(MAX_WIDTH);
    let lazy = || {
        [
            "data-src",
            "data-original",
            "data-lazy-src",
            "data-lazy",
            "data-actualsrc",
            "data-url",
            "data-hi-res-src",
        ]
        .iter()
        .find_map(|name| absolute(&attribute(node, name)?, base))
    };
    let set = |node: &NodeRef<'_>| {
        ["data-srcset", "data-lazy-srcset", "srcset"].iter().find_map(|name| {
            let (width, url) = best(&attribute(node, name)?, unit)?;
            Some((width, absolute(&url, base)?))
        })
    };
    let sources = || {
        let mut sources: Vec<_> =
            node.parent()?.children_it(false).take(MAX_SOURCES).filter(|n| n.has_name("source")).collect();
        // Not every mail program knows the newer formats.
        sources.sort_by_key(|n| n.attr("type").is_some_and(|t| t.contains("webp") || t.contains("avif")));
        sources.iter().find_map(set)
    };
    let candidate = || set(node).or_else(sources);
    // A page that names a lazy address has no use for `src`.
    if let Some(lazy) = lazy() {
        return Some(lazy);
    }
    let Some(src) = src else { return candidate().map(|(_, url)| url) };
    // A thumbnail that is blown up, beside the picture that it was made of.
    let thumbnail = named_width(&src).filter(|width| shown.is_none_or(|shown| *width < shown.min(MAX_WIDTH)));
    match thumbnail.and_then(|width| Some((width, candidate()?))) {
        Some((width, (better, url))) if better > f64::from(width) => Some(url),
        _ => Some(src),
    }
}

/// How wide a picture is by its address: `-300x200.jpg`, `?w=300`.
fn named_width(url: &Url) -> Option<u32> {
    let stem = url.path().rsplit_once('.').map_or(url.path(), |(stem, _)| stem);
    let sized = stem.rsplit_once('-').and_then(|(_, size)| {
        let (width, height) = size.split_once('x')?;
        height.parse::<u32>().ok()?;
        width.parse().ok()
    });
    let asked = || url.query_pairs().find(|(name, _)| name == "w" || name == "width")?.1.parse().ok();
    sized.or_else(asked)
}

fn is_placeholder(src: &str) -> bool {
    let lower = src.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    lower.starts_with("data:")
        || ["placeholder", "lazy.", "blank.", "loading.", "spacer", "transparent", "1x1", "pixel.gif"]
            .iter()
            .any(|word| name.contains(word))
}

/// Of the candidates of a `srcset`, the one nearest above what a mail shows, and its width; `unit` is
/// that of a density of 1.
fn best(srcset: &str, unit: u32) -> Option<(f64, String)> {
    let mut candidates = candidates(srcset, f64::from(unit));
    candidates.retain(|(_, url)| !is_placeholder(url));
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let enough = candidates.iter().position(|(size, _)| *size >= f64::from(MAX_WIDTH));
    let chosen = enough.unwrap_or(candidates.len().checked_sub(1)?);
    candidates.into_iter().nth(chosen)
}

/// "Parse a srcset attribute" of the HTML standard: an address goes on to the next blank, whatever
/// commas are in it, and what describes it to the next comma.
fn candidates(srcset: &str, unit: f64) -> Vec<(f64, String)> {
    let mut candidates = Vec::new();
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return candidates;
        }
        let (url, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        let mut width = unit;
        rest = after;
        if !url.ends_with(',') {
            let (descriptors, after) = after.split_at(after.find(',').unwrap_or(after.len()));
            rest = after;
            for descriptor in descriptors.split_whitespace() {
                if let Some(pixels) = descriptor.strip_suffix('w').and_then(|n| n.parse().ok()) {
                    width = pixels;
                } else if let Some(density) = descriptor.strip_suffix('x').and_then(|n| n.parse::<f64>().ok())
                {
                    width = density * unit;
                }
            }
        }
        candidates.push((width, url.trim_end_matches(',').to_owned()));
    }
}

fn pixels(value: &str) -> Option<u32> {
    let number = value.trim_end_matches("px").trim();
    number.parse::<f64>().ok().filter(|n| (0.0..20_000.0).contains(n)).map(|n| n as u32)
}

fn scaled([width, height]: [Option<u32>; 2]) -> [Option<u32>; 2] {
    match (width, height) {
        (Some(w), h) if w > MAX_WIDTH => {
            [Some(MAX_WIDTH), h.map(|h| (u64::from(h) * u64::from(MAX_WIDTH) / u64::from(w)).max(1) as u32)]
        }
        (None, Some(h)) if h > MAX_WIDTH => [None, None],
        sizes => [sizes.0, sizes.1],
    }
}

/// A formula that was made a picture: its text is in `alt`.
fn is_formula(node: &NodeRef<'_>, url: &Url) -> bool {
    let class = node.attr("class").unwrap_or_default();
    ["latex", "mwe-math", "tex"].iter().any(|word| class.split_whitespace().any(|c| c.starts_with(word)))
        || url.path().contains("latex.php")
        || is_host(url, "latex.codecogs.com")
        || url.path().contains("/math/render/")
}

/// What belongs to a site, not to an article.
fn is_emblem(picture: &Picture) -> bool {
    let name = picture.url.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let alt = picture.alt.to_ascii_lowercase();
    ["logo", "favicon", "icon", "avatar", "gravatar", "badge", "banner"].iter().any(|w| name.contains(w))
        || alt.contains("logo")
}

/// Lines, icons, and the invisible pictures that report who reads.
fn is_spacer(url: &Url, alt: &str, [width, height]: [Option<u32>; 2]) -> bool {
    const TRACKERS: [&str; 14] = [
        "statcounter.com",
        "google-analytics.com",
        "googletagmanager.com",
        "doubleclick.net",
        "hm.baidu.com",
        "scorecardresearch.com",
        "pixel.wp.com",
        "stats.wordpress.com",
        "amazon-adsystem.com",
        "pixel.quantserve.com",
        "tracking.feedpress.com",
        "feedsportal.com",
        "adserver.adtech.de",
        "vgwort.de",
    ];
    let line = |size: Option<u32>| size.is_some_and(|s| s < LINE);
    let icon = |size: Option<u32>| size.is_some_and(|s| s < ICON);
    let name = url.path().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let alt = alt.to_ascii_lowercase();
    line(width)
        || line(height)
        || icon(width) && icon(height)
        || TRACKERS.iter().any(|host| is_host(url, host))
        || is_host(url, "feeds.feedburner.com") && url.path().starts_with("/~r")
        || ["spacer", "blank.", "1x1", "pixel.gif", "pixel.png", "grey_line", "transparent.", "favicon"]
            .iter()
            .any(|w| name.contains(w))
        || ["presentational", "spacer", "tracking pixel"].iter().any(|w| alt.contains(w))
}

/// What is the same picture, whoever serves it and at whatever size: the address inside a
/// proxy's, without query, and without the size that blog software puts into the name.
pub(super) fn identity(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return url.to_owned() };
    let inner = parsed.query_pairs().find(|(n, _)| n == "url").map(|(_, v)| v.into_owned());
    let address = match inner.filter(|_| is_host(&parsed, "weserv.nl") || is_host(&parsed, "wsrv.nl")) {
        Some(inner) => inner,
        None => format!("{}{}", parsed.host_str().unwrap_or_default(), parsed.path()),
    };
    let address = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest).to_owned();
    let address = address.split(['?', '#']).next().unwrap_or_default();
    // i0.wp.com/courier.example/p.jpg and p-300x200.jpg
    let address = match address.split_once(".wp.com/") {
        Some((shard, inner)) if shard.len() == 2 => inner,
        _ => address,
    };
    let (stem, extension) = address.rsplit_once('.').unwrap_or((address, ""));
    let sized = stem.rsplit_once('-').filter(|(_, size)| {
        size.split_once('x').is_some_and(|(w, h)| w.parse::<u32>().is_ok() && h.parse::<u32>().is_ok())
    });
    format!("{}.{extension}", sized.map_or(stem, |(stem, _)| stem))
}

pub(super) fn add_captions<'a>(caption: &mut Line, lines: impl Iterator<Item = &'a Line>) {
    for line in lines {
        if !caption.is_empty() {
            blocks::push(caption, Span { text: "\n".into(), ..Span::default() });
        }
        line.iter().cloned().for_each(|span| blocks::push(caption, span));
    }
    *caption = blocks::tidy(std::mem::take(caption));
}

/// A longer picture within the feed is an attack.
const LONGEST_INLINE: usize = 4_000_000;

/// The first picture that an entry's text holds in itself (RFC 2397), in a format of photographs:
/// one that is said to be large, or is described.
pub(super) fn inline(entry: &Entry) -> Option<Image> {
    let html = entry.content.as_deref().or(entry.summary.as_deref()).filter(|h| h.contains("data:image/"))?;
    let document = Document::fragment(bounds::bounded(html).as_ref());
    document.select("img").nodes().iter().find_map(|node| {
        let url = attribute(node, "src").filter(|src| src.len() <= LONGEST_INLINE)?;
        let kind = url.strip_prefix("data:image/")?.split_once(";base64,")?.0.to_owned();
        let width = attribute(node, "width").and_then(|width| pixels(&width));
        let alt = super::visible(&attribute(node, "alt").unwrap_or_default());
        let is_shown = width.map_or(!alt.trim().is_empty(), |width| width >= LEAST_LEAD);
        (is_shown && matches!(kind.as_str(), "png" | "jpeg" | "jpg" | "webp" | "gif")).then_some(Image {
            url,
            alt,
            caption: String::new(),
            // What an author puts into the text itself is there to be seen.
            width: width.or(Some(MAX_WIDTH)),
        })
    })
}

/// Puts a picture's small print under it, shows no picture twice, and not too many.
pub(super) fn settle(all: &mut Vec<Block>) {
    let mut known = HashSet::new();
    settle_in(all, &mut known);
}

fn settle_in(all: &mut Vec<Block>, known: &mut HashSet<String>) {
    let mut settled: Vec<Block> = Vec::with_capacity(all.len());
    // Whether the block before was a picture that has been dropped: its caption goes too.
    let mut dropped = false;
    for mut block in std::mem::take(all) {
        match block {
            Block::Figure(ref picture, _) => {
                dropped = known.len() >= MOST || !known.insert(identity(&picture.url));
                if dropped {
                    continue;
                }
            }
            Block::Paragraph(ref paragraph) if is_caption(paragraph) => {
                if dropped && paragraph.small {
                    continue;
                }
                if let (Some(Block::Figure(_, caption)), false) = (settled.last_mut(), dropped)
                    && (caption.is_empty()
                        || paragraph.small && blocks::text(caption).len() < LONGEST_CAPTION)
                {
                    add_captions(caption, std::iter::once(&paragraph.line));
                    continue;
                }
            }
            _ => dropped = false,
        }
        for children in block.children() {
            settle_in(children, known);
        }
        if block.is_hollow() {
            continue;
        }
        match block {
            // A gallery is not a list.
            Block::List { items, .. } if is_gallery(&items) => settled.extend(items.into_iter().flatten()),
            block => settled.push(block),
        }
    }
    *all = settled;
}

fn is_gallery(items: &[Vec<Block>]) -> bool {
    items.iter().flatten().all(|block| matches!(block, Block::Figure(..)))
}

/// The first that can lead an article, with its caption; one that is known to be small
/// cannot. What stands in a quotation or list leads where nothing else does.
pub(super) fn first(all: &[Block]) -> Option<(&Picture, &Line)> {
    let leads = |picture: &Picture| picture.width.is_none_or(|w| w >= LEAST_LEAD) && !is_emblem(picture);
    let own = all.iter().find_map(|block| match block {
        Block::Figure(picture, caption) if leads(picture) => Some((picture, caption)),
        _ => None,
    });
    own.or_else(|| {
        all.iter().find_map(|block| match block {
            Block::Quote(inner) => first(inner),
            Block::List { items, .. } => items.iter().find_map(|item| first(item)),
            Block::Terms(terms) => terms.iter().find_map(|(_, inner)| first(inner)),
            _ => None,
        })
    })
}

/// Takes out pictures, with their captions.
pub(super) fn drop_if(all: &mut Vec<Block>, unwanted: &impl Fn(&Picture) -> bool) {
    all.retain_mut(|block| {
        if let Block::Figure(picture, _) = block {
            return !unwanted(picture);
        }
        block.children().into_iter().for_each(|children| drop_if(children, unwanted));
        !block.is_hollow()
    });
}

/// Whose picture it is, and nothing else.
fn is_credit(text: &str) -> bool {
    static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
        #[allow(clippy::unwrap_used, reason = "a pattern of ours")]
        Regex::new(
            r"^(?:(?i:fotos?|photos?|photograph|bild|image|picture|credit|crédit photo|foto|imagen)\s*[:：/／]|(?:图片|圖片|图像|圖像|照片)(?:来源|來源|提供)?\s*[:：／/，]|[图圖][／/：:]|(?:摄影|攝影|写真|撮影)\s*[:：／/＝=]|تصوير\s*:)[^\n。!?！？]{1,80}$|^[^\n.。!?！？]{3,50}[/／ ](?:via )?\p{Lu}[\p{L} ]{0,24}(?:Images|Pictures|Photos?|AFP|Reuters|dpa|EPA|AP)(?: via [\p{L} ]{3,30})?$",
        )
        .unwrap()
    });
    crate::text::columns(text) <= CAPTION_COLUMNS && CREDIT.is_match(text.trim())
}

/// Small print, a credit, or a short line that is emphasised from end to end.
fn is_caption(paragraph: &Paragraph) -> bool {
    let line = &paragraph.line;
    paragraph.small
        || is_credit(&blocks::text(line))
        || (line.iter().all(|span| span.styles.has(Styles::EMPHASIS))
            && crate::text::columns(&blocks::text(line)) <= CAPTION_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_srcset_is_read_as_the_standard_says() {
        let chosen = |srcset: &str| best(srcset, MAX_WIDTH).map(|(_, url)| url).unwrap_or_default();
        assert_eq!(chosen("a.jpg 300w,b.jpg 900w"), "b.jpg");
        assert_eq!(chosen("\n a.jpg 320w,\n\tb.jpg\t700w,\n c.jpg 1400w,\n "), "b.jpg");
        assert_eq!(chosen("a.jpg 0.5x,b.jpg 1x,c.jpg 2x"), "b.jpg");
        assert_eq!(chosen("w_3,h_2/a.jpg 300w,w_8,h_5/b.jpg 800w"), "w_8,h_5/b.jpg");
        assert_eq!(chosen("a.jpg 320w 240h,b.jpg 800w 600h"), "b.jpg");
        assert_eq!(chosen("data:image/gif;base64,R0= 1x,b.jpg 2x"), "b.jpg");
        assert_eq!(chosen("a.jpg, b.jpg 2x"), "a.jpg");
    }
}
