//! The same news once. Two editions with a new process for each: what the second knows of
//! the first, it knows from the database.

use serde_json::Value;

use crate::bot::Bot;

const FERRY: &str = "<p>渡轮公司周四表示，北线将提前一周改为冬季班次，首班船推迟到八点一刻，乘客需改乘下一班。</p><p>过去七个早晨有四个因大雾停航，公司决定不再等日历翻页。月票在跨河大桥的公交车上同样有效。</p>";
const FERRY_TRADITIONAL: &str = "<p>渡輪公司週四表示，北線將提前一週改為冬季班次，首班船推遲到八點一刻，乘客需改乘下一班。</p><p>過去七個早晨有四個因大霧停航，公司決定不再等日曆翻頁。月票在跨河大橋的公車上同樣有效。</p>";
const COURT: &str = "<p>A soldier will appear in court in Tarnley on Friday and is expected to plead guilty, his lawyer Una Breslin said on Thursday.</p><p>Private Joel Harrow, 23, crossed the border in July and was held for two months.</p>";
const RELEASED: &str = "<p>Joel Harrow walked free on Monday after a court in Tarnley accepted his plea and gave him a suspended sentence of one year.</p><p>He will leave the army with a dishonourable discharge, his lawyer Una Breslin said.</p>";
const BRIDGE: &str = "<p>The swing bridge at Portmorran was closed on Thursday after the trawler Boy Duncan struck its pier at 06:40. Nobody was hurt.</p><p>Engineers found cracks in two of the nine piles; 14,000 vehicles cross the bridge on a working day.</p>";
const BRIDGE_ELSEWHERE: &str = "<p>Commuters faced long queues this morning: a fishing boat, the Boy Duncan, had rammed the Portmorran crossing before seven.</p><p>Two piles are damaged, the harbour office said. About 14,000 drivers use the swing bridge daily.</p>";

/// An item of a feed: link, title, text, and when it came out in November 2026.
struct Item<'a>(&'a str, &'a str, &'a str, &'a str);

fn write(bot: &Bot, feed: &str, items: &[Item<'_>]) {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let items: String = items
        .iter()
        .map(|Item(link, title, text, time)| {
            format!("<item><title>{}</title><link>https://{feed}.example/{link}</link><description>{}</description><dc:date>2026-11-{time}:00Z</dc:date></item>", escape(title), escape(text))
        })
        .collect();
    bot.write(
        &format!("{feed}.xml"),
        &format!("<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>{feed}</title>{items}</channel></rss>"),
    );
}

/// With the feeds `courier` and `post`.
fn bot(digest: &str) -> Bot {
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nid = \"courier\"\nurl = \"courier.xml\"\n[[feed]]\nid = \"post\"\nurl = \"post.xml\"\n[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\nat = \"07:00\"\norder = \"feed\"\n{digest}\n"
    ));
    write(&bot, "courier", &[]);
    write(&bot, "post", &[]);
    bot
}

/// Two feeds on one accident, one of them with another story besides.
fn the_day_of_the_bridge() -> Bot {
    let bot = bot("");
    write(&bot, "post", &[Item("boat", "Boat rams swing bridge", BRIDGE_ELSEWHERE, "20T05:00")]);
    write(
        &bot,
        "courier",
        &[
            Item("bridge", "Bridge shut after trawler hits pier", BRIDGE, "20T06:00"),
            Item("soldier", "Soldier to plead guilty in Tarnley", COURT, "20T06:30"),
        ],
    );
    bot
}

/// What an edition of that day would be.
fn preview(bot: &Bot, day: &str) -> Value {
    let ran = bot.ok(&["preview", "--format", "json", "--now", &format!("2026-11-{day}T07:00:00Z")]);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn send(bot: &Bot, day: &str) {
    bot.ok(&["send", "--now", &format!("2026-11-{day}T07:00:00Z")]);
}

/// The stories of an edition: each the titles of its articles.
fn titles(edition: &Value) -> Vec<Vec<String>> {
    let text = |v: &Value| v["title"].as_str().unwrap().to_owned();
    let sections = edition["sections"].as_array().into_iter().flatten();
    let stories = sections.flat_map(|s| s["stories"].as_array().unwrap());
    stories.map(|s| s["articles"].as_array().unwrap().iter().map(text).collect()).collect()
}

/// Sends an edition with the first item, then looks at the next one with the second.
fn retold(first: Item<'_>, second: Item<'_>, days: &str) -> Value {
    let bot = bot("");
    write(&bot, "courier", &[first]);
    send(&bot, "20");
    let news = Item("fresh-news", "Something else altogether", "<p>Words about it.</p>", "20T09:00");
    write(&bot, "courier", &[second, news]);
    let edition = preview(&bot, days);
    assert_eq!(titles(&edition).last().unwrap(), &["Something else altogether"]);
    edition
}

#[test]
fn a_typo_fixed_in_a_title_is_a_note_and_no_second_article() {
    let edition = retold(
        Item("a", "Soldier to apear in court", COURT, "19T08:00"),
        Item("a", "Soldier to appear in court", COURT, "19T08:00"),
        "21",
    );
    assert_eq!(titles(&edition).len(), 1);
    let update = &edition["updated"][0];
    assert_eq!(update["title"], "Soldier to appear in court");
    assert_eq!(update["previous_title"], "Soldier to apear in court");
}

#[test]
fn turned_quotation_marks_are_not_even_a_note() {
    let edition = retold(
        Item("a", "“渡轮”提前改班", FERRY, "19T08:00"),
        Item("a", "「渡轮」提前改班", FERRY, "19T08:00"),
        "21",
    );
    assert_eq!((titles(&edition).len(), edition["updated"].as_array().unwrap().len()), (1, 0));
}

#[test]
fn a_rewritten_title_over_the_same_body_and_number_is_the_same_article() {
    let edition = retold(
        Item("zh/old-slug/a-55211629", "渡轮提前一周改为冬季班次", FERRY, "19T08:00"),
        Item("zh/another/a-55211629", "大雾四天，北线不再等日历", FERRY, "19T09:00"),
        "21",
    );
    assert_eq!(titles(&edition).len(), 1);
    assert_eq!(edition["updated"][0]["previous_title"], "渡轮提前一周改为冬季班次");
}

#[test]
fn simplified_re_run_as_traditional_is_the_same_article() {
    let edition = retold(
        Item("simp/ferry", "渡轮提前一周改为冬季班次", FERRY, "19T08:00"),
        Item("trad/ferry-2", "渡輪提前一週改為冬季班次", FERRY_TRADITIONAL, "19T12:00"),
        "21",
    );
    assert_eq!(titles(&edition).len(), 1);
    assert!(edition["known"][0]["why"].as_str().unwrap().starts_with("text 0."), "{edition}");
}

#[test]
fn an_exact_re_run_nine_days_later_is_silent_and_after_the_window_it_is_news() {
    let first = || Item("ferry", "渡轮提前一周改为冬季班次", FERRY, "11T08:00");
    let again = || Item("ferry-again", "渡轮提前一周改为冬季班次", FERRY, "20T08:00");
    let edition = retold(first(), again(), "29");
    assert_eq!((titles(&edition).len(), edition["updated"].as_array().unwrap().len()), (1, 0));
    let bot = bot("");
    write(&bot, "courier", &[first()]);
    send(&bot, "01");
    write(&bot, "courier", &[again()]);
    assert_eq!(titles(&preview(&bot, "21")).len(), 1);
}

#[test]
fn a_re_run_alone_makes_no_edition_and_is_settled_for_good() {
    let bot = bot("");
    write(&bot, "courier", &[Item("ferry", "渡轮提前一周改为冬季班次", FERRY, "11T08:00")]);
    send(&bot, "11");
    write(&bot, "courier", &[Item("ferry-again", "渡轮提前一周改为冬季班次", FERRY, "12T08:00")]);
    assert_eq!(preview(&bot, "12"), Value::Null);
    send(&bot, "12");
    assert_eq!(bot.outbox().len(), 1);
    // The window has passed; the entry was settled when it was met.
    assert_eq!(preview(&bot, "30"), Value::Null);
}

#[test]
fn a_follow_up_with_nearly_the_same_headline_is_news() {
    let edition = retold(
        Item("soldier-1", "Soldier to plead guilty in Tarnley", COURT, "19T08:00"),
        Item("soldier-2", "Soldier pleads guilty in Tarnley, walks free", RELEASED, "22T08:00"),
        "23",
    );
    assert_eq!(titles(&edition).len(), 2);
    assert_eq!(edition["known"], Value::Array(Vec::new()));
}

#[test]
fn one_event_in_two_outlets_is_one_story_led_by_the_feed_that_comes_first() {
    let bot = the_day_of_the_bridge();
    let edition = preview(&bot, "20");
    assert_eq!(
        titles(&edition),
        [
            vec!["Soldier to plead guilty in Tarnley"],
            vec!["Bridge shut after trawler hits pier", "Boat rams swing bridge"]
        ]
    );
    let other = &edition["sections"][0]["stories"][1]["articles"][1];
    assert!(other["why"].as_str().unwrap().starts_with("story 0."), "{other}");
    send(&bot, "20");
    let mail = bot.only_mail();
    for part in [mail.text, mail.html.unwrap()] {
        assert!(
            part.contains("Boat rams swing bridge") && part.contains("https://post.example/boat"),
            "{part}"
        );
    }
}

#[test]
fn what_most_outlets_tell_comes_first_with_order_top() {
    let bot = the_day_of_the_bridge();
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &config.replace("order = \"feed\"", "order = \"top\""));
    assert_eq!(titles(&preview(&bot, "20"))[0].len(), 2);
}

#[test]
fn copies_in_two_feeds_are_one_article() {
    let bot = bot("");
    write(&bot, "courier", &[Item("soldier", "Soldier to plead guilty", COURT, "20T06:00")]);
    write(&bot, "post", &[Item("2026/harrow", "Harrow in court on Friday", COURT, "20T06:10")]);
    let edition = preview(&bot, "20");
    assert_eq!(titles(&edition), [["Soldier to plead guilty"]]);
    let copy = &edition["sections"][0]["stories"][0]["merged"][0];
    assert_eq!((copy["feed"].as_str(), copy["why"].as_str()), (Some("post"), Some("text 1.00")));
}

#[test]
fn a_form_under_many_titles_is_many_articles() {
    let bot = bot("");
    let form = "<p>Read the full report, with pictures and comments, on our site; subscribers find the archive of all earlier reports there too.</p>";
    let items = ["Harbour", "Schools", "Weather", "Courts", "Sport"];
    let items: Vec<Item> = items.iter().map(|t| Item(t, t, form, "20T06:00")).collect();
    write(&bot, "courier", &items);
    assert_eq!(titles(&preview(&bot, "20")).len(), 5);
}

#[test]
fn updates_are_told_as_the_owner_wants() {
    for (updates, stories, notes) in [("ignore", 1, 0), ("note", 1, 1), ("resend", 2, 0)] {
        let bot = bot(&format!("updates = \"{updates}\""));
        write(&bot, "courier", &[Item("a", "Bridge shut", BRIDGE, "19T08:00")]);
        send(&bot, "20");
        let more = Box::leak(
            format!("{BRIDGE}<p>It reopens on Monday, the harbour office said late on Thursday.</p>")
                .into_boxed_str(),
        );
        let corrected = || Item("a", "Bridge shut until Monday", more, "19T08:00");
        let news = Item("fresh-news", "Something else altogether", "<p>Words about it.</p>", "20T09:00");
        write(&bot, "courier", &[corrected(), news]);
        let edition = preview(&bot, "21");
        assert_eq!(titles(&edition).len(), stories, "{updates}");
        assert_eq!(edition["updated"].as_array().unwrap().len(), notes, "{updates}");
        send(&bot, "21");
        let mail = bot.outbox().into_values().find(|mail| mail.text.contains("Edition 2")).unwrap();
        assert_eq!(mail.text.contains("Bridge shut until Monday"), updates != "ignore", "{}", mail.text);
        // Once is enough.
        let newer = Item("newer-news", "The day after", "<p>More words.</p>", "21T09:00");
        write(&bot, "courier", &[corrected(), newer]);
        let edition = preview(&bot, "22");
        assert_eq!(
            (titles(&edition).len(), edition["updated"].as_array().unwrap().len()),
            (1, 0),
            "{updates}"
        );
    }
}

/// Titles and texts of one feed in one day that differ in whom or what they are about.
fn forms() -> Vec<Vec<(String, String)>> {
    let fill = |title: &str, text: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| (title.replace('$', name), text.replace('$', name))).collect()
    };
    vec![
        fill("Court ruling", "In the case of $ the court ruled for the plaintiff. The defendant must pay the costs of the proceedings and may appeal within a month to the higher court in the capital.", &["Miller", "Becker", "Novak"]),
        fill("Nurse in $", "We are looking for a nurse with experience for our friendly team. We offer a fair salary, thirty days of leave, training and a ticket for the bus. Apply by mail with a letter and your certificates until the end of the month, or come and see us on the open day.", &["Hamburg", "Munich", "Cologne"]),
        fill("Security update for $", "Multiple security issues were discovered in $ which could result in denial of service or the execution of arbitrary code. Install the update and restart what uses it.", &["chromium", "thunderbird", "gimp"]),
        fill("$北京队", "$北京队，周六晚的比赛双方上半场各进一球，下半场主队凭借点球取胜，客队未能扳平比分。", &["上海队2比1战胜", "广州队2比1战胜", "上海队3比1战胜"]),
        fill("Article $", "This is the text of article $, as long as a short text may be, and otherwise the same as in all the others of its kind that this feed has brought.", &["17", "18", "19", "20", "21"]),
        fill("Photo of the day", "<img src=\"https://p.example/$.jpg\">Click for a larger version.", &["1", "2", "3"]),
        vec![
            ("Strike goes ahead".into(), "The strike at the port of Tarnley will go ahead on Friday, the union said after talks with the board ended without a result.".into()),
            ("Strike called off".into(), "The strike at the port of Tarnley will not go ahead on Friday, the union said after talks with the board ended with a result.".into()),
        ],
    ]
}

#[test]
fn one_form_filled_in_for_many_is_many_articles() {
    for form in forms() {
        let bot = bot("");
        let links: Vec<String> = (0..form.len()).map(|i| format!("p/{i}x")).collect();
        let items = form.iter().zip(&links).map(|((title, text), link)| Item(link, title, text, "20T05:00"));
        write(&bot, "courier", &items.collect::<Vec<_>>());
        let edition = preview(&bot, "20");
        assert_eq!(titles(&edition).concat().len(), form.len(), "{edition}");
    }
}

#[test]
fn an_update_without_a_story_beside_it_waits_for_the_next_edition() {
    let bot = bot("");
    let court = || Item("soldier", "Soldier to plead guilty in Tarnley", COURT, "19T08:00");
    write(&bot, "courier", &[Item("a", "Bridge shut", BRIDGE, "19T08:00"), court()]);
    send(&bot, "20");
    // The next day brings a correction and a copy, and no story.
    let corrected = || Item("a", "Bridge shut until Monday", BRIDGE, "19T08:00");
    write(&bot, "courier", &[corrected(), court()]);
    write(&bot, "post", &[Item("copy", "Soldier to plead guilty in Tarnley", COURT, "19T09:00")]);
    assert_eq!(preview(&bot, "21"), Value::Null);
    send(&bot, "21");
    assert_eq!(bot.outbox().len(), 1);
    let news = Item("fresh-news", "Something else altogether", "<p>Words about it.</p>", "21T09:00");
    write(&bot, "courier", &[corrected(), court(), news]);
    let edition = preview(&bot, "22");
    assert_eq!(titles(&edition), [["Something else altogether"]]);
    assert_eq!(edition["updated"][0]["title"], "Bridge shut until Monday");
    assert_eq!(edition["known"], Value::Array(Vec::new()), "the copy was settled when it was met");
}
