//! Skipped, and said so, where no Chromium is installed.

use std::fs;
use std::process::{Command, Stdio};

use crate::bot::{Bot, repository};

#[test]
fn the_mail_fits_a_phone_and_a_desktop() {
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    let Some(chromium) = chromium else {
        eprintln!("skipped: no chromium is installed");
        return;
    };
    let html = fs::read_to_string(repository("templates/golden/samples.html")).unwrap();
    let bot = Bot::new("");
    for width in [375, 680] {
        // In a frame, since a headless window has a least width; the page tells its own.
        bot.write("mail.html", &html);
        bot.write(
            "frame.html",
            &format!("<iframe id=f src=mail.html width={width} height=900 style=border:0 onload=\"var d=f.contentDocument.documentElement;document.title='w'+d.scrollWidth+' h'+d.scrollHeight\"></iframe>"),
        );
        let output = Command::new(chromium)
            .args([
                "--headless",
                "--hide-scrollbars",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--allow-file-access-from-files",
                "--virtual-time-budget=5000",
                "--dump-dom",
            ])
            .arg(format!("--user-data-dir={}", bot.path("profile").display()))
            .arg(bot.path("frame.html"))
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let dom = String::from_utf8_lossy(&output.stdout);
        assert!(dom.contains(&format!("<title>w{width} ")), "the mail is wider than {width}: {dom}");
    }
}

#[test]
fn the_owner_dresses_the_mail() {
    let bot = Bot::new(
        "{mail}\n[theme]\naccent = \"#0B5394\"\naccent_dark = \"#9FC5E8\"\ntagline = \"Read it with coffee\"\nfooter = \"Harbour Press, Tarnley\"\ncss = \"mail.css\"\n[[feed]]\nurl = \"feed.xml\"\nsection = \"Harbour\"\n",
    );
    bot.write("mail.css", ".lead{letter-spacing:1px}");
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "First.")]));
    // The style sheet was not there when the configuration was written.
    let html = bot.ok(&["preview"]).stdout;
    for part in
        ["#0B5394", "#9FC5E8", "Read it with coffee", "Harbour Press, Tarnley", ".lead{letter-spacing:1px}"]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("#A8321E") && !html.contains("#FF9B85"), "{html}");
    let text = bot.ok(&["preview", "--format", "text"]).stdout;
    assert!(text.contains("Read it with coffee") && text.contains("Harbour Press, Tarnley"), "{text}");
}

#[test]
fn the_owners_logo_stands_in_place_of_the_title() {
    let bot = Bot::new(
        r#"{mail}
        [theme]
        logo = "logo.png"
        [[digest]]
        id = "daily"
        title = "Harbour Daily"
        images = "none"
        [[feed]]
        url = "feed.xml""#,
    );
    image::RgbaImage::from_pixel(600, 176, image::Rgba([10, 60, 120, 128]))
        .save(bot.path("logo.png"))
        .unwrap();
    bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "First.")]));
    let html = bot.ok(&["preview"]).stdout;
    assert!(html.contains("src=\"data:image/jpeg;base64,"), "{html}");
    assert!(html.contains("alt=\"Harbour Daily\" width=\"150\" height=\"44\""), "{html}");
    bot.ok(&["send"]);
    let html = bot.only_mail().html.unwrap();
    let id = html.split_once("src=\"cid:").unwrap().1.split_once('"').unwrap().0;
    let file = fs::read_dir(bot.path("outbox")).unwrap().next().unwrap().unwrap().path();
    let raw = fs::read_to_string(file).unwrap();
    assert!(raw.contains(&format!("Content-ID: <{id}>")), "{id}: {raw}");
}

#[test]
fn the_frame_speaks_the_language_of_its_articles() {
    for (language, word) in
        [("de", "Abbestellen"), ("fr", "désabonner"), ("ru", "Отписаться"), ("ar", "dir=\"rtl\"")]
    {
        let bot = Bot::new(&format!(
            "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"d\"\nat = \"07:00\"\nlanguage = \"{language}\"\n"
        ));
        bot.write("feed.xml", &crate::bot::rss(&[("1", "One", "First.")]));
        let html = bot.ok(&["preview"]).stdout;
        assert!(html.contains(word) && html.contains(&format!("<html lang=\"{language}\"")), "{html}");
    }
}
