//! Films and sounds that a page plays in a frame: the page where a reader can play them, since no
//! mail does.

use dom_query::NodeRef;
use url::Url;

use super::links::{absolute, is_host};

/// Hosts of players, by which a frame is known to be one though it says nothing of itself.
const PLAYERS: [&str; 46] = [
    "acast.com",
    "anchor.fm",
    "archive.org",
    "art19.com",
    "audioboom.com",
    "bandcamp.com",
    "bilibili.com",
    "buzzsprout.com",
    "coub.com",
    "dailymotion.com",
    "deezer.com",
    "ivoox.com",
    "jwplatform.com",
    "kakao.com",
    "libsyn.com",
    "loom.com",
    "megaphone.fm",
    "mixcloud.com",
    "music.163.com",
    "music.apple.com",
    "nicovideo.jp",
    "odysee.com",
    "ok.ru",
    "omny.fm",
    "podbean.com",
    "podcasts.apple.com",
    "podigee.io",
    "brightcove.net",
    "qq.com",
    "rumble.com",
    "rutube.ru",
    "simplecast.com",
    "soundcloud.com",
    "spotify.com",
    "spreaker.com",
    "streamable.com",
    "ted.com",
    "tiktok.com",
    "tidal.com",
    "transistor.fm",
    "twitch.tv",
    "vimeo.com",
    "vk.com",
    "wistia.net",
    "ximalaya.com",
    "youku.com",
];

/// Where a film or a sound can be played, and what to call it.
pub(super) fn medium(node: &NodeRef<'_>, name: &str, base: Option<&Url>) -> Option<(String, String)> {
    let classes = node.attr("class").unwrap_or_default();
    // The frame of a quoted page is hidden behind a secret; its link stands before it.
    if classes.contains("wp-embedded-content") {
        return None;
    }
    let own =
        ["src", "data-src", "data-lazy-src", "data"].iter().find_map(|a| absolute(&node.attr(a)?, base));
    let inner = || {
        node.descendants_it().find_map(|n| {
            let is_source = n.has_name("source") || n.has_name("embed");
            let is_film =
                n.has_name("param") && n.attr("name").is_some_and(|name| matches!(&*name, "movie" | "src"));
            let address = if is_film { n.attr("value") } else { n.attr("src").filter(|_| is_source) };
            absolute(&address?, base)
        })
    };
    let url = own.or_else(inner)?;
    let title = ["title", "aria-label"].iter().find_map(|a| node.attr(a));
    let title = title.map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty());
    // A frame that does not even say what is in it is an advertisement as like as not.
    let worth = is_worth_a_link(&url) && (name != "iframe" || title.is_some() || is_player(&url));
    let url = page_of(&url).or_else(|| worth.then_some(url))?;
    let words = title.unwrap_or_else(|| site(url.host_str().unwrap_or_default()));
    Some((words, url.into()))
}

/// The name by which readers know a host: `media-cdn-31.kai.example` is `kai.example`.
fn site(host: &str) -> String {
    let labels: Vec<&str> = host.split('.').collect();
    // `co.uk`, `com.cn`
    let is_second_level = |label: &str| label.len() <= 3 && labels.last().is_some_and(|last| last.len() == 2);
    let count = match labels.len().checked_sub(2).and_then(|i| labels.get(i)) {
        Some(second) if is_second_level(second) => 3,
        _ => 2,
    };
    labels.get(labels.len().saturating_sub(count)..).unwrap_or_default().join(".")
}

fn is_player(url: &Url) -> bool {
    PLAYERS.iter().any(|host| is_host(url, host))
}

/// The page on which a reader can play what a frame embeds.
fn page_of(url: &Url) -> Option<Url> {
    let query = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    let named = |name: &str| query(name).filter(|id| is_id(id));
    // Old players have their parameters in the path.
    let after = |prefix: &str| {
        let id = url.path().strip_prefix(prefix)?.split(['/', '&']).next()?;
        is_id(id).then_some(id)
    };
    let rest = |prefix: &str| url.path().strip_prefix(prefix);
    let page = if is_host(url, "youtube.com") || is_host(url, "youtube-nocookie.com") {
        youtube(named("list"), named("channel"), named("v"), query("start"), &after)?
    } else if is_host(url, "player.vimeo.com") {
        let id = after("/video/")?;
        named("h")
            .map_or_else(|| format!("https://vimeo.com/{id}"), |h| format!("https://vimeo.com/{id}/{h}"))
    } else if is_host(url, "vimeo.com") {
        format!("https://vimeo.com/event/{}", after("/event/")?)
    } else if is_host(url, "dailymotion.com") {
        let id = after("/embed/video/").map(str::to_owned).or_else(|| named("video"))?;
        format!("https://www.dailymotion.com/video/{id}")
    } else if is_host(url, "player.bilibili.com") {
        let id = named("bvid").or_else(|| Some(format!("av{}", named("aid")?)))?;
        format!("https://www.bilibili.com/video/{id}")
    } else if is_host(url, "open.spotify.com") {
        format!("https://open.spotify.com/{}", rest("/embed/")?)
    } else if is_host(url, "embed.podcasts.apple.com") || is_host(url, "embed.music.apple.com") {
        url.as_str().replacen("://embed.", "://", 1)
    } else if is_host(url, "mixcloud.com") {
        format!("https://www.mixcloud.com/{}", query("feed")?.trim_start_matches('/'))
    } else if is_host(url, "embed.ted.com") {
        format!("https://www.ted.com{}", url.path())
    } else if is_host(url, "archive.org") {
        format!("https://archive.org/details/{}", after("/embed/")?)
    } else if is_host(url, "v.qq.com") {
        format!("https://v.qq.com/x/page/{}.html", named("vid")?)
    } else if is_host(url, "player.youku.com") {
        let id = rest("/embed/").filter(|id| is_id(id.trim_end_matches('=')))?;
        format!("https://v.youku.com/v_show/id_{id}.html")
    } else if is_host(url, "embed.nicovideo.jp") {
        format!("https://www.nicovideo.jp{}", url.path())
    } else if is_host(url, "facebook.com") && url.path().starts_with("/plugins/video") {
        query("href").filter(|href| href.starts_with("https://www.facebook.com/"))?
    } else if let Some(id) = after("/videos/embed/") {
        // PeerTube, wherever it runs.
        format!("https://{}/videos/watch/{id}", url.host_str()?)
    } else {
        return None;
    };
    Url::parse(&page).ok()
}

fn youtube<'a>(
    list: Option<String>,
    channel: Option<String>,
    film: Option<String>,
    start: Option<String>,
    after: &impl Fn(&'static str) -> Option<&'a str>,
) -> Option<String> {
    let id =
        after("/embed/").or_else(|| after("/v/")).or_else(|| after("/shorts/")).or_else(|| after("/live/"));
    let id = id.filter(|id| !matches!(*id, "videoseries" | "live_stream")).map(str::to_owned).or(film);
    Some(match (id, list, channel) {
        (Some(id), ..) => {
            match start.and_then(|start| start.parse::<u32>().ok()).filter(|start| *start > 0) {
                Some(start) => format!("https://youtu.be/{id}?t={start}"),
                None => format!("https://youtu.be/{id}"),
            }
        }
        (None, Some(list), _) => format!("https://www.youtube.com/playlist?list={list}"),
        (None, None, Some(channel)) => format!("https://www.youtube.com/channel/{channel}/live"),
        (None, None, None) => return None,
    })
}

/// What a service calls a film.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Frames hold advertisements and buttons as often as films.
fn is_worth_a_link(url: &Url) -> bool {
    const NOT: [&str; 9] = [
        "doubleclick.net",
        "googlesyndication.com",
        "googletagmanager.com",
        "google-analytics.com",
        "amazon-adsystem.com",
        "facebook.com",
        "platform.twitter.com",
        "disqus.com",
        "adnxs.com",
    ];
    !NOT.iter().any(|host| is_host(url, host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_leads_to_the_page_of_its_film() {
        for (player, page) in [
            ("https://www.youtube.com/embed/a1?list=PL1", "https://youtu.be/a1"),
            ("https://www.youtube.com/v/a1&fs=1", "https://youtu.be/a1"),
            ("https://www.youtube-nocookie.com/embed/a1?start=95", "https://youtu.be/a1?t=95"),
            (
                "https://www.youtube.com/embed/videoseries?list=PL1",
                "https://www.youtube.com/playlist?list=PL1",
            ),
            (
                "https://www.youtube.com/embed/live_stream?channel=UC1",
                "https://www.youtube.com/channel/UC1/live",
            ),
            ("https://player.vimeo.com/video/5?h=ab", "https://vimeo.com/5/ab"),
            ("https://player.bilibili.com/player.html?aid=17", "https://www.bilibili.com/video/av17"),
            ("https://open.spotify.com/embed/track/7h", "https://open.spotify.com/track/7h"),
            ("https://tube.example/videos/embed/6b-2", "https://tube.example/videos/watch/6b-2"),
        ] {
            let found = page_of(&Url::parse(player).unwrap()).map(String::from);
            assert_eq!(found.as_deref(), Some(page), "{player}");
        }
        assert_eq!(page_of(&Url::parse("https://www.youtube.com/embed/").unwrap()), None);
    }
}
