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
