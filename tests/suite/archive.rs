//! The archive in the web: what everybody may read, search and follow, what only the holder of a link may, and
//! what no hostile article can do there.

use std::path::PathBuf;

use crate::bot::{Bot, rss};
use crate::browser::Browser;
use crate::site::{Site, free_port};

const PUBLIC: &str = r#"public_url = "https://news.example.org"
timezone = "Europe/Berlin"
[mail]
from = "Harbour Press <news@example.org>"
[web]
listen = "{listen}"
archive = "public"
[theme]
tagline = "What the valley reads"
[[feed]]
id = "en"
name = "The Courier"
url = "en.xml"
[[feed]]
id = "zh"
name = "港口报"
url = "zh.xml"
[[digest]]
id = "morning"
title = "The Harbour Letter"
feeds = ["en"]
language = "en"
cron = "0 0 1 1 *"
[[digest]]
id = "zaobao"
title = "每日要闻"
feeds = ["zh"]
cron = "0 0 1 1 *"
[[recipient]]
email = "ada@example.org"
"#;

fn long(words: &str) -> String {
    format!("&lt;p&gt;{}&lt;/p&gt;", words.repeat(12))
}

/// Three editions of an English and a Chinese digest, in two months.
fn published() -> Site {
    let site = Site::new(PUBLIC);
    let en = [
        ("Ferries stop as storm closes the north pier", "The harbour master closed the north pier at noon. "),
        (
            "Council votes for the old lighthouse",
            "The lighthouse of Tarnley will be kept, the council said. ",
        ),
        ("A café for sailors opens on the quay", "Crème and coffee for those who come from the sea. "),
    ];
    let zh = [
        ("渡轮停航，北线改由大桥通行", "渡轮公司周四表示，北线因风暴停航，乘客改由大桥通行。"),
        ("議會投票保留舊燈塔", "議會昨日投票，決定保留港口的舊燈塔。"),
        ("码头咖啡馆开张", "水手们在码头有了自己的咖啡馆。"),
    ];
    for (i, day) in
        ["2026-10-30T06:30:00Z", "2026-11-20T06:30:00Z", "2026-11-21T06:30:00Z"].iter().enumerate()
    {
        let number = i.to_string();
        site.bot.write(
            "en.xml",
            &rss(&[
                (&number, en[i].0, &long(en[i].1)),
                (&format!("b{i}"), &format!("Tides of day {i}"), "High at noon."),
            ]),
        );
        site.bot.write(
            "zh.xml",
            &rss(&[
                (&number, zh[i].0, &long(zh[i].1)),
                (&format!("b{i}"), &format!("潮汐第{i}天"), "正午满潮。"),
            ]),
        );
        site.bot.ok(&["send", "--now", day]);
    }
    site
}

/// The links of a page that begin like this.
fn links(html: &str, beginning: &str) -> Vec<String> {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with(beginning)).map(|link| link.replace("&amp;", "&")).collect()
}

#[test]
fn everybody_reads_what_came_out_by_digest_and_month() {
    let mut site = published();
    site.start();
    let front = site.get("/");
    assert_eq!(front.status, 200);
    for part in
        ["The Harbour Letter", "每日要闻", "What the valley reads", "A café for sailors", "lang=\"en\""]
    {
        assert!(front.body.contains(part), "{part}: {}", front.body);
    }
    let digest = site.get("/digest/morning");
    let editions = links(&digest.body, "/edition/");
    assert_eq!(editions.len(), 3, "{}", digest.body);
    assert!(digest.body.contains("Saturday, 21 November 2026") && digest.body.contains("Tides of day 2"));
    assert!(digest.body.contains("Edition 3 · 2 stories"), "{}", digest.body);
    assert_eq!(
        links(&digest.body, "/digest/morning/2026"),
        ["/digest/morning/2026-11", "/digest/morning/2026-10"]
    );
    let october = site.get("/digest/morning/2026-10");
    assert!(october.body.contains("<h1 class=\"heading\">October 2026</h1>"), "{}", october.body);
    assert_eq!(links(&october.body, "/edition/"), [editions[2].clone()]);
    assert!(site.get("/digest/zaobao").body.contains("2026年11月21日星期六"));
    // From one edition to the next, and back to all.
    let middle = site.get(&editions[1]);
    assert!(middle.body.contains("Council votes for the old lighthouse"));
    for link in [
        &format!("{}\" rel=\"prev", editions[2]),
        &format!("{}\" rel=\"next", editions[0]),
        "/digest/morning\"",
    ] {
        assert!(middle.body.contains(&format!("href=\"{link}")), "{link}: {}", middle.body);
    }
    assert!(!middle.body.contains("View in browser") && !middle.body.contains("ada@example.org"));
    for nowhere in [
        "/digest/evening",
        "/digest/morning/2026-09",
        "/digest/morning/2026-13",
        "/edition/forged/0",
        "/digest/morning/nothing.atom",
        "/edition/forged",
        "/elsewhere",
        "/digest",
        "/%00",
        "/..%2f..%2fetc/passwd",
    ] {
        let page = site.get(nowhere);
        assert_eq!(page.status, 404, "{nowhere}");
        assert!(page.body.contains("This link is not known here"), "{nowhere}: {}", page.body);
    }
}

#[test]
fn what_is_sought_is_found_in_chinese_and_english() {
    let mut site = published();
    site.start();
    let search = |query: &str| {
        let page = site.get(&format!("/search?{query}"));
        assert_eq!(page.status, 200, "{query}");
        page.body
    };
    let found = search("q=storm+pier");
    assert!(found.contains("1 article found"), "{found}");
    assert!(
        found.contains("Ferries stop as <mark>storm</mark> closes the north <mark>pier</mark>"),
        "{found}"
    );
    let place = &links(&found, "/edition/")[0];
    let (page, anchor) = place.split_once('#').unwrap();
    assert!(site.get(page).body.contains(&format!("id=\"{anchor}\"")), "{place}");
    // Either script finds the other.
    assert!(search("q=%E7%81%AF%E5%A1%94").contains("保留舊<mark>燈塔</mark>"));
    assert!(search("q=%E6%B8%A1%E8%BC%AA").contains("<mark>渡轮</mark>停航"));
    assert!(search("q=cafe").contains("A <mark>café</mark> for sailors"));
    assert!(search("q=%E6%B8%A1").contains("<mark>渡</mark>轮"));
    assert!(search("q=storm&in=zaobao").contains("没有找到与“storm”相关的文章"));
    assert!(search("q=%2B%2B").contains("Nothing was found for “++”."));
    assert!(!search("q=storm&in=zaobao").contains("Ferries"));
    assert!(!search("q=storm&from=2026-11-01").contains("Ferries"));
    assert!(search("q=storm&until=2026-10-30").contains("Ferries"));
    for odd in [
        "",
        "q=",
        "q=%22",
        "q=%FF%FE",
        "q=a&q=b",
        "q=a&page=-1",
        "q=a&page=999999999",
        "q=%3Cscript%3E",
        "from=x&until=9999-99-99&q=a",
    ] {
        let page = search(odd);
        assert!(!page.contains("<script"), "{odd}");
    }
    let long = format!("/search?q={}", "%E6%B8%A1%E8%BD%AE+".repeat(400));
    assert_eq!(site.get(&long).status, 200);
    assert_eq!(site.get(&format!("/search?q={}", "a".repeat(100_000))).status, 414);
}

#[test]
fn the_archive_is_followed_by_feed_readers() {
    let mut site = published();
    site.start();
    let feed = site.get("/digest/morning/editions.atom");
    assert_eq!(feed.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    let read = |name: &str| -> serde_json::Value {
        let feed = site.get(&format!("/digest/morning/{name}.atom"));
        site.bot.write("feed.atom", &feed.body);
        serde_json::from_str(&site.bot.ok(&["parse", "feed.atom"]).stdout).unwrap()
    };
    let editions = read("editions");
    assert_eq!(editions["feed"]["title"], "The Harbour Letter");
    assert_eq!(editions["entries"].as_array().unwrap().len(), 3);
    let link = editions["entries"][0]["link"].as_str().unwrap();
    let path = link.strip_prefix("https://news.example.org").unwrap();
    assert!(site.get(path).body.contains("A café for sailors"));
    let articles = read("articles");
    assert_eq!(articles["entries"].as_array().unwrap().len(), 6);
    assert_eq!(articles["entries"][0]["link"], "https://courier.example/2");
    assert_eq!(articles["entries"][0]["authors"][0]["name"], "The Courier");
}

#[test]
fn pages_say_who_may_keep_them_and_what_they_may_load() {
    let mut site = published();
    site.start();
    let edition = links(&site.get("/digest/morning").body, "/edition/").remove(0);
    for path in ["/", "/digest/morning", "/search?q=storm", &edition, "/nowhere"] {
        let page = site.get(path);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{path}: {policy}");
        assert!(policy.ends_with("img-src data:") && !policy.contains("script"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert!(
            page.header("cross-origin-opener-policy").is_some()
                && page.header("permissions-policy").is_some()
        );
        for elsewhere in ["<script", "src=\"http", "@import", "url(", "<link rel=\"stylesheet"] {
            assert!(!page.body.contains(elsewhere), "{path}: {elsewhere}");
        }
    }
    let page = site.get(&edition);
    assert_eq!(page.header("cache-control"), Some("public, max-age=300"));
    let tag = page.header("etag").unwrap().to_owned();
    let again =
        site.get_with(&edition, &[("If-None-Match", &format!("\"other\", {}", tag.replacen("w/", "W/", 1)))]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let packed = site.get_with(&edition, &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.body, page.body);
    assert_eq!(site.get("/nowhere").header("cache-control"), Some("no-store"));
}

#[test]
fn by_default_only_who_has_the_link_reads_an_edition() {
    let mut site = Site::new(&PUBLIC.replace("archive = \"public\"\n", ""));
    site.bot.write("en.xml", &rss(&[("1", "Ferries stop", "Words.")]));
    site.bot.write("zh.xml", &rss(&[]));
    site.bot.ok(&["send"]);
    let mail = site.bot.only_mail();
    let (_, link) = mail.text.split_once("<https://news.example.org").unwrap();
    let link = link.split('>').next().unwrap().to_owned();
    site.start();
    let page = site.get(&link);
    assert!(page.status == 200 && page.body.contains("Ferries stop"));
    assert_eq!(page.header("cache-control"), Some("private, no-cache"));
    assert_eq!(page.header("x-robots-tag"), Some("noindex"));
    assert!(!page.body.contains("class=\"around\"") && !page.body.contains("View in browser"));
    for hidden in ["/", "/digest/morning", "/search?q=ferries", "/digest/morning/editions.atom"] {
        assert_eq!(site.get(hidden).status, 404, "{hidden}");
    }
    // An altered token is none, whatever is altered.
    for (i, c) in link.char_indices().skip("/edition/".len()) {
        let other = if c == 'a' { 'b' } else { 'a' };
        let altered: String = link.char_indices().map(|(at, c)| if at == i { other } else { c }).collect();
        assert_eq!(site.get(&altered).status, 404, "{altered}");
    }
}

#[test]
fn what_came_out_before_the_archive_was_public_is_found_in_it() {
    let mut site = Site::new(&PUBLIC.replace("archive = \"public\"\n", ""));
    site.bot.write("zh.xml", &rss(&[]));
    for (number, day) in [("1", "2026-11-20T06:30:00Z"), ("2", "2026-11-21T06:30:00Z")] {
        site.bot.write(
            "en.xml",
            &rss(&[(number, &format!("Ferries stop again {number}"), "The pier is closed.")]),
        );
        site.bot.ok(&["send", "--now", day]);
    }
    let config = std::fs::read_to_string(site.bot.path("digest.toml")).unwrap();
    site.bot.write("digest.toml", &config.replace("[theme]", "archive = \"public\"\n[theme]"));
    site.bot.write("en.xml", &rss(&[("3", "Ferries sail", "The pier is open.")]));
    site.bot.ok(&["send", "--now", "2026-11-22T06:30:00Z"]);
    site.start();
    assert_eq!(links(&site.get("/digest/morning").body, "/edition/").len(), 3);
    // It is made ready when the daemon starts.
    let start = std::time::Instant::now();
    let found = loop {
        let found = site.get("/search?q=pier").body;
        if found.contains("Ferries stop again 1") || start.elapsed().as_secs() > 30 {
            break found;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    };
    let places: Vec<_> =
        ["Ferries sail", "Ferries stop again 2", "Ferries stop again 1"].map(|t| found.find(t)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {found}");
}

#[test]
fn without_an_archive_readers_can_still_leave() {
    let config = PUBLIC.replace("\"public\"", "\"off\"");
    let mut site = Site::new(&config);
    site.bot.write("en.xml", &rss(&[("1", "Ferries stop", "Words.")]));
    site.bot.write("zh.xml", &rss(&[]));
    site.bot.ok(&["send"]);
    let mail = site.bot.only_mail();
    assert!(!mail.text.contains("/edition/"), "{}", mail.text);
    let (_, link) = mail.text.split_once("<https://news.example.org/reader/").expect("a way out");
    let token = link.split('>').next().unwrap().to_owned();
    site.start();
    assert_eq!(site.get(&format!("/unsubscribe/{token}")).status, 200);
    assert_eq!(site.get("/").status, 404);
}

#[test]
fn health_and_figures_are_for_those_who_watch_from_here() {
    let mut site = Site::new(PUBLIC);
    site.bot.write("en.xml", &rss(&[]));
    site.bot.write("zh.xml", &rss(&[]));
    site.start();
    for path in ["/healthz", "/metrics"] {
        assert_eq!(site.get(path).status, 200, "{path}");
        for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"] {
            assert_eq!(site.get_with(path, &[(header, "203.0.113.9")]).status, 404, "{path} {header}");
        }
    }
    drop(site);
    let internal = free_port();
    let mut site =
        Site::new(&PUBLIC.replace("archive =", &format!("internal = \"127.0.0.1:{internal}\"\narchive =")));
    site.bot.write("en.xml", &rss(&[]));
    site.bot.write("zh.xml", &rss(&[]));
    site.start();
    assert_eq!(site.get("/healthz").status, 404);
    assert_eq!(site.ask(internal, "GET", "/healthz", &[]).status, 200);
    assert_eq!(site.ask(internal, "GET", "/", &[]).status, 404);
}

#[test]
fn one_client_cannot_keep_the_others_waiting() {
    let mut site = published();
    site.start();
    let search = |client: &str| site.get_with("/search?q=storm", &[("X-Forwarded-For", client)]);
    let refused =
        (0..60).find_map(|_| Some(search("6.6.6.6, 203.0.113.9")).filter(|page| page.status != 200));
    let refused = refused.expect("a limit");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert!(refused.body.contains("Too many requests"), "{}", refused.body);
    assert_eq!(search("203.0.113.9, 198.51.100.7").status, 200);
}

/// What is known to have run scripts in pages that took in others' HTML.
const ATTACKS: [&str; 24] = [
    "<script>window.attacked=1</script>",
    "<img src=x onerror=\"window.attacked=1\">",
    "<svg onload=\"window.attacked=1\"></svg>",
    "<svg><script>window.attacked=1</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.attacked=1&gt;\">",
    "<iframe srcdoc=\"<script>parent.attacked=1</script>\"></iframe>",
    "<iframe src=\"javascript:parent.attacked=1\"></iframe>",
    "<a href=\"javascript:window.attacked=1\" id=click>click</a>",
    "<a href=\"java\tscript:window.attacked=1\">click</a>",
    "<a href=\"data:text/html,<script>opener.attacked=1</script>\">click</a>",
    "<body onload=\"window.attacked=1\">",
    "<input autofocus onfocus=\"window.attacked=1\">",
    "<details open ontoggle=\"window.attacked=1\">",
    "<video><source onerror=\"window.attacked=1\"></video>",
    "<object data=\"javascript:window.attacked=1\"></object>",
    "<embed src=\"javascript:window.attacked=1\">",
    "<form action=\"javascript:window.attacked=1\"><button>go</button></form>",
    "<base href=\"https://evil.example/\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:window.attacked=1\">",
    "<link rel=stylesheet href=\"https://evil.example/x.css\">",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<noscript><p title=\"</noscript><img src=x onerror=window.attacked=1>\">",
    "</title></style></textarea></main></body></html><script>window.attacked=1</script>",
    "<xmp><p title=\"</xmp><script>window.attacked=1</script>\">",
];

fn escaped(html: &str) -> String {
    html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[test]
fn no_article_runs_a_script_in_any_page() {
    let Some(browser) = Browser::start() else { return };
    let mut site = Site::new(PUBLIC);
    let items: Vec<(String, String, String)> = ATTACKS
        .iter()
        .enumerate()
        .map(|(i, attack)| {
            let title = escaped(&escaped(&format!("{attack} word{i}")));
            (i.to_string(), title, escaped(&format!("<p>Word{i} sought.</p>{attack}<p>After.</p>")))
        })
        .collect();
    let items: Vec<_> = items.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    site.bot.write("en.xml", &rss(&items));
    site.bot.write("zh.xml", &rss(&[]));
    let config = std::fs::read_to_string(site.bot.path("digest.toml")).unwrap();
    site.bot.write(
        "digest.toml",
        &config.replace("url = \"en.xml\"", "url = \"en.xml\"\nfirst_run = 50\ncontent = \"full\""),
    );
    site.bot.ok(&["send"]);
    site.start();
    let edition = links(&site.get("/digest/morning").body, "/edition/").remove(0);
    let mut pages =
        vec!["/".to_owned(), "/digest/morning".into(), edition.clone(), "/search?q=sought".into()];
    pages.extend((1..4).map(|page| format!("{edition}/{page}")).filter(|page| site.get(page).status == 200));
    let month = links(&site.get("/digest/morning").body, "/digest/morning/20");
    pages.extend(month);
    pages.extend(ATTACKS.iter().map(|attack| {
        let query: String = attack.bytes().map(|b| format!("%{b:02x}")).collect();
        format!("/search?q={query}&from={query}&in={query}&page={query}")
    }));
    for page in &pages {
        browser.open(&site.url(page));
        // Whatever can be pressed is.
        browser.eval("document.querySelectorAll('main a:not([href^=\"/\"]), main button, summary, #click').forEach(e => { e.addEventListener('click', ev => { if (!/^javascript/i.test(e.href || '')) ev.preventDefault(); }); e.click(); })");
        let state = browser.eval(
            "return [window.attacked === undefined, document.scripts.length, document.querySelectorAll('iframe,object,embed,base,meta[http-equiv]').length,
             performance.getEntriesByType('resource').filter(r => !r.name.startsWith(location.origin) && !r.name.startsWith('data:')).map(r => r.name)]",
        );
        assert_eq!(state, serde_json::json!([true, 0, 0, []]), "{page}");
    }
    assert!(pages.len() >= 28, "{}", pages.len());
}

#[test]
fn the_archive_is_read_searched_and_printed_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let mut site = published();
    site.start();
    // For somebody who wants to look: a folder that pictures are put in.
    let pictures = std::env::var_os("TIDINGS_PICTURES").map(PathBuf::from);
    let edition = links(&site.get("/digest/morning").body, "/edition/").remove(0);
    let chinese = links(&site.get("/digest/zaobao").body, "/edition/").remove(0);
    let pages = [
        ("front", "/"),
        ("digest", "/digest/morning"),
        ("chinese", "/digest/zaobao"),
        ("month", "/digest/morning/2026-11"),
        ("search", "/search?q=pier"),
        ("search-chinese", "/search?q=%E6%B8%A1%E8%BD%AE&in=zaobao"),
        ("nothing-found", "/search?q=zeppelin"),
        ("edition", &edition),
        ("edition-chinese", &chinese),
        ("not-found", "/nowhere"),
    ];
    for width in [375, 1280] {
        for is_dark in [false, true] {
            browser.show(width, is_dark);
            for (name, path) in &pages {
                browser.open(&site.url(path));
                if let Some(folder) = &pictures {
                    let scheme = if is_dark { "dark" } else { "light" };
                    browser.picture(&folder.join(format!("{name}-{width}-{scheme}.png")));
                }
                assert_eq!(browser.axe(), Vec::<String>::new(), "{name} {width} {is_dark}");
                let overflow = browser.eval("return document.documentElement.scrollWidth");
                assert_eq!(overflow, width, "{name} is wider than its screen");
            }
        }
    }
    // As a reader goes: search, open the story, on to the next edition and back to all.
    browser.open(&site.url("/digest/morning"));
    browser.submit(".top input", "storm");
    browser.says("Ferries stop as storm");
    browser.click(".results h2 a");
    assert!(browser.url().contains("#story-1"), "{}", browser.url());
    browser.click("a[rel=next]");
    browser.says("Council votes");
    browser.click(".around span a");
    assert_eq!(browser.url(), site.url("/digest/morning"));
    browser.click(".months a");
    browser.says("November 2026");
    // On paper: without ways to elsewhere, black on white, whatever the screen.
    browser.show(1280, true);
    browser.open(&site.url(&edition));
    browser.devtools("Emulation.setEmulatedMedia", serde_json::json!({"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}));
    let printed = browser.eval(
        "return [getComputedStyle(document.querySelector('.around')).display,
         getComputedStyle(document.querySelector('.d-sheet')).backgroundColor, getComputedStyle(document.querySelector('h1')).color]",
    );
    assert_eq!(printed, serde_json::json!(["none", "rgba(0, 0, 0, 0)", "rgb(27, 26, 23)"]));
    let paper = browser.devtools("Page.printToPDF", serde_json::json!({}));
    assert!(paper["data"].as_str().unwrap().len() > 10_000);
}

#[test]
fn a_public_archive_wants_an_address() {
    let bot = Bot::new(
        &PUBLIC
            .replace("public_url = \"https://news.example.org\"\n", "")
            .replace("{listen}", "127.0.0.1:8480"),
    );
    let ran = bot.run(&["check", "--offline"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("nobody knows where the archive is read"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
}
