//! The pictures of an article: of a lazy image its real address, of twins one, of spacers
//! and trackers none; and which words belong to which picture.

use std::collections::HashSet;

use dom_query::NodeRef;
use url::Url;

use super::blocks::{self, Block, Line, Paragraph, Picture, Span, Styles};
use super::links::{absolute, is_host};

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

/// What an image element shows its reader.
pub(super) enum Seen {
    Picture(Picture),
    /// An emoji that was made an image.
    Character(String),
    Nothing,
}

pub(super) fn read(node: &NodeRef<'_>, base: Option<&Url>) -> Seen {
    let attribute = |name: &str| attribute(node, name);
    let alt = attribute("alt").unwrap_or_default();
    let sizes = ["width", "height"].map(|name| attribute(name).and_then(|v| pixels(&v)));
    let Some(url) = address(node, base) else { return Seen::Nothing };
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
/// elsewhere; inside `<picture>`, it may be with a sibling.
fn address(node: &NodeRef<'_>, base: Option<&Url>) -> Option<Url> {
    let src = attribute(node, "src").filter(|src| !is_placeholder(src)).and_then(|src| absolute(&src, base));
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
        ["data-srcset", "data-lazy-srcset", "srcset"]
            .iter()
            .find_map(|name| best(&attribute(node, name)?).and_then(|url| absolute(url.as_str(), base)))
    };
    let sources = || {
        let mut sources: Vec<_> =
            node.parent()?.children_it(false).filter(|n| n.has_name("source")).collect();
        // Not every mail program knows the newer formats.
        sources.sort_by_key(|n| n.attr("type").is_some_and(|t| t.contains("webp") || t.contains("avif")));
        sources.iter().find_map(set)
    };
    // A page that names a lazy address has no use for `src`.
    lazy().or(src).or_else(|| set(node)).or_else(sources)
}

fn is_placeholder(src: &str) -> bool {
    let lower = src.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    lower.starts_with("data:")
        || ["placeholder", "lazy.", "blank.", "loading.", "spacer", "transparent", "1x1", "pixel.gif"]
            .iter()
            .any(|word| name.contains(word))
}

/// Of the candidates of a `srcset`, the one nearest above what a mail shows.
fn best(srcset: &str) -> Option<String> {
    let mut candidates: Vec<(f64, String)> = Vec::new();
    // Addresses may hold commas; the one that separates candidates is followed by a blank.
    for candidate in srcset.replace(",http", ", http").split(", ") {
        let mut parts = candidate.trim().trim_end_matches(',').split_whitespace();
        let Some(url) = parts.next() else { continue };
        let size = parts.next_back().and_then(|d| {
            let number = d.get(..d.len().checked_sub(1)?)?.parse::<f64>().ok()?;
            Some(if d.ends_with('x') { number * f64::from(MAX_WIDTH) } else { number })
        });
        candidates.push((size.unwrap_or(f64::from(MAX_WIDTH)), url.to_owned()));
    }
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let enough = candidates.iter().position(|(size, _)| *size >= f64::from(MAX_WIDTH));
    let chosen = enough.unwrap_or(candidates.len().checked_sub(1)?);
    candidates.into_iter().nth(chosen).map(|(_, url)| url)
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

pub(super) fn add_caption(caption: &mut Line, line: &Line) {
    if !caption.is_empty() {
        blocks::push(caption, Span { text: "\n".into(), ..Span::default() });
    }
    line.iter().cloned().for_each(|span| blocks::push(caption, span));
    *caption = blocks::tidy(std::mem::take(caption));
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
                    && (caption.is_empty() || paragraph.small)
                {
                    add_caption(caption, &paragraph.line);
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
/// cannot.
pub(super) fn first(all: &[Block]) -> Option<(&Picture, &Line)> {
    let figures = || {
        all.iter().filter_map(|block| match block {
            Block::Figure(picture, caption) => Some((picture, caption)),
            _ => None,
        })
    };
    figures().find(|(picture, _)| picture.width.is_none_or(|w| w >= LEAST_LEAD) && !is_emblem(picture))
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

/// Small print, or a short line that is emphasised from end to end.
fn is_caption(paragraph: &Paragraph) -> bool {
    let line = &paragraph.line;
    paragraph.small
        || (line.iter().all(|span| span.styles.has(Styles::EMPHASIS))
            && crate::text::columns(&blocks::text(line)) <= CAPTION_COLUMNS)
}
