//! Articles as files: written once, under names that stay, and read again as a feed without loss.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::bot::{Bot, rss};

const CONFIG: &str = "timezone = \"UTC\"\n[mail]\nfrom = \"news@example.org\"\n[[recipient]]\nemail = \"ada@example.org\"\n[fetch]\nmax_bytes = \"900MB\"\ntimeout = \"10min\"\n[[feed]]\nid = \"dw\"\nname = \"德国之声\"\nurl = \"corpus\"\n";

/// An article of the founding archive's form, each unlike the others.
fn article(i: usize) -> String {
    let titles = [
        "渡轮停航",
        "A & B",
        "x < y > z",
        "[图集] 港口 [更新](一)",
        "“引号” 'quotes' \"both\"",
        "&amp; written out",
        "AT&T",
        "Émile & 渡輪",
        "a ](b) c",
        "",
    ];
    let bodies = [
        "<p>正文。</p>\n",
        "<div>One</div>\n\n\n<p>Two, after blank lines.</p>\n",
        "<p>No line at the end.</p>",
        "",
        "<pre>  kept\n    as it is\n</pre>\n\n",
        "  <p>begins with blanks</p>\n",
        "<p>------</p>\n------\n<p>[a](b)</p>\n",
    ];
    let links = [
        "https://harbour.example/a/",
        "https://harbour.example/%E6%B8%AF(1)/",
        "https://harbour.example/?a=1&b=2#",
        "https://harbour.example/港/",
    ];
    let body = bodies[i % bodies.len()].replace("正文", &format!("正文{i}"));
    format!(
        "<!--{}-->\n[{}]({}{i})\n------\n\n{body}",
        1_695_296_824_000 + i * 61_007,
        titles[i % titles.len()],
        links[i % links.len()]
    )
}

/// Every article file below a folder, by its path.
fn articles(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        if file.path().is_dir() {
            found.extend(articles(&file.path()));
        } else if file
            .path()
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|name| name.to_string_lossy().starts_with("20"))
        {
            found.insert(file.path().display().to_string(), fs::read(file.path()).unwrap());
        }
    }
    found
}

#[test]
fn an_archive_is_in_the_form_asked_for_whenever_its_files_were_written() {
    let bot = Bot::new(&CONFIG.replace("corpus", "feed.xml"));
    let feed = |title: &str| rss(&[("1", title, "&lt;p onclick=\"x()\"&gt;Words.&lt;/p&gt;")]);
    bot.write("feed.xml", &feed("One"));
    bot.ok(&["collect"]);
    bot.ok(&["archive", "out"]);
    let text = || String::from_utf8(articles(&bot.path("out")).into_values().next().unwrap()).unwrap();
    assert!(text().contains("[One]") && text().contains("onclick"), "{}", text());
    // As a clone of a repository does, after the article was edited and before it was archived again.
    bot.write("feed.xml", &feed("Two"));
    bot.ok(&["collect", "--all"]);
    let path = articles(&bot.path("out")).into_keys().next().unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
    bot.ok(&["archive", "out"]);
    assert!(text().contains("[Two]"), "{}", text());
    bot.ok(&["archive", "--clean", "out"]);
    assert!(!text().contains("onclick"), "{}", text());
    assert_eq!(bot.ok(&["archive", "--clean", "out"]).stdout, "wrote 0 articles and 0 lists in out\n");
    bot.ok(&["archive", "out"]);
    assert!(text().contains("onclick"), "{}", text());
}

#[test]
fn a_thousand_articles_go_through_the_program_and_come_out_the_same() {
    let bot = Bot::new(CONFIG);
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    for i in 0..1000 {
        let text = article(i);
        bot.write(&format!("corpus/{i}.md"), &text);
        corpus.push(text.into_bytes());
    }
    bot.ok(&["collect"]);
    let said = bot.ok(&["archive", "out"]).stdout;
    assert_eq!(said, "wrote 1000 articles and 1 list in out\n");
    let mut written: Vec<Vec<u8>> = articles(&bot.path("out")).into_values().collect();
    written.sort();
    corpus.sort();
    let other = written.iter().zip(&corpus).find(|(a, b)| a != b);
    assert!(
        other.is_none(),
        "{:?}",
        other.map(|(a, b)| (String::from_utf8_lossy(a), String::from_utf8_lossy(b)))
    );
    assert_eq!(written.len(), corpus.len());
    // And again, from what was written.
    let again =
        Bot::new(&CONFIG.replace("url = \"corpus\"", &format!("url = \"{}\"", bot.path("out/dw").display())));
    again.ok(&["collect"]);
    again.ok(&["archive", "out"]);
    let mut twice: Vec<Vec<u8>> = articles(&again.path("out")).into_values().collect();
    twice.sort();
    assert_eq!(twice, corpus);
}

#[test]
fn only_what_changed_is_written_and_names_stay() {
    let bot = Bot::new(&CONFIG.replace("url = \"corpus\"", "url = \"feed.xml\""));
    let state = || -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
        let mut all = articles(&bot.path("out"));
        for list in ["out/dw.md", "out/README.md"] {
            all.insert(list.into(), fs::read(bot.path(list)).unwrap());
        }
        let changed = |path: &str| fs::metadata(bot.path(path)).unwrap().modified().unwrap();
        all.into_iter()
            .map(|(path, bytes)| {
                let at = changed(&path);
                (path, (bytes, at))
            })
            .collect()
    };
    bot.write("feed.xml", &rss(&[("1", "One & two", "First."), ("2", "Two", "Second.")]));
    bot.ok(&["collect"]);
    bot.ok(&["archive", "out"]);
    let first = state();
    assert_eq!(first.len(), 4);
    let list = fs::read_to_string(bot.path("out/dw.md")).unwrap();
    assert!(list.contains(" [One & two](dw/20"), "{list}");
    assert_eq!(fs::read_to_string(bot.path("out/README.md")).unwrap(), "[德国之声](dw.md)\n\n");
    assert_eq!(bot.ok(&["archive", "out"]).stdout, "wrote 0 articles and 0 lists in out\n");
    assert_eq!(state(), first);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    bot.write(
        "feed.xml",
        &rss(&[("1", "One, edited", "First, again."), ("2", "Two", "Second."), ("3", "Three", "Third.")]),
    );
    bot.ok(&["collect", "--all"]);
    assert_eq!(bot.ok(&["archive", "out"]).stdout, "wrote 2 articles and 1 list in out\n");
    let second = state();
    let same = first.iter().filter(|(path, was)| second.get(*path) == Some(was)).count();
    // The other article, and the index.
    assert_eq!((second.len(), same), (5, 2));
    assert!(first.keys().all(|path| second.contains_key(path)));
    let edited = second.values().any(|(bytes, _)| {
        String::from_utf8_lossy(bytes)
            .contains("[One, edited](https://courier.example/1)\n------\n\nFirst, again.")
    });
    assert!(edited);
}

#[test]
fn each_poll_keeps_the_archive_of_the_configuration() {
    let bot = Bot::new(&format!(
        "{}[archive]\ndir = \"public\"\nclean = true\n",
        CONFIG.replace("url = \"corpus\"", "url = \"feed.xml\"")
    ));
    bot.write(
        "feed.xml",
        &rss(&[("1", "One", "&lt;p onclick=\"x()\"&gt;First.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;")]),
    );
    bot.ok(&["collect"]);
    let kept = articles(&bot.path("public"));
    assert_eq!(kept.len(), 1);
    let text = String::from_utf8_lossy(kept.values().next().unwrap()).into_owned();
    assert!(text.contains("First.") && !text.contains("script") && !text.contains("onclick"), "{text}");
    fs::remove_dir_all(bot.path("public")).unwrap();
    bot.write("public", "a file where the folder should be");
    let ran = bot.run(&["archive"]);
    assert!(
        ran.code == 1 && ran.stderr.contains("cannot write the archive in"),
        "{} {}",
        ran.code,
        ran.stderr
    );
}

/// `TIDINGS_ARCHIVED=50000` says how many; how long it takes is printed.
#[test]
fn a_large_archive_is_brought_up_to_date_quickly() {
    let bot = Bot::new(CONFIG);
    let count: usize = std::env::var("TIDINGS_ARCHIVED").map_or(300, |count| count.parse().unwrap());
    let write = |range: std::ops::Range<usize>| {
        range.for_each(|i| bot.write(&format!("corpus/{}/{i}.md", i / 1000), &article(i)));
    };
    write(0..count);
    bot.ok(&["collect"]);
    let begun = Instant::now();
    bot.ok(&["archive", "out"]);
    println!("{count} articles: {:?}", begun.elapsed());
    write(count..count + 100);
    bot.ok(&["collect", "--all"]);
    let begun = Instant::now();
    assert_eq!(bot.ok(&["archive", "out"]).stdout, "wrote 100 articles and 1 list in out\n");
    println!("100 more: {:?}", begun.elapsed());
}
