//! Pictures in the mail: by reference, in the text, or carried along.

use std::io::Cursor;

use mail_parser::{MessageParser, MimeHeaders};

use crate::bot::Bot;
use crate::feed_server::{Answer, FeedServer};

pub fn photograph() -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::RgbImage::from_fn(1600, 900, |x, y| image::Rgb([x as u8, y as u8, 90]));
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
    bytes
}

/// Three articles, each beginning with a picture: one that is there, one that is not, one
/// that is a page.
fn stage(images: &str) -> (FeedServer, Bot) {
    let server = FeedServer::start();
    let jpeg = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg";
    server.serve("/p/1.jpg", Answer::Raw(jpeg, photograph()));
    server.serve("/p/3.jpg", Answer::Raw(jpeg, b"<html>Not found</html>".to_vec()));
    let items: String = ["One", "Two", "Three"]
        .iter()
        .zip(1..)
        .map(|(title, n)| {
            let url = server.url(&format!("/p/{n}.jpg"));
            let body = format!("<p><img src=\"{url}\" alt=\"Picture {n}\"></p><p>Words of the article called {title}, and of no other.</p>");
            let body = body.replace('<', "&lt;");
            format!("<item><guid>{n}</guid><title>{title}</title><description>{body}</description></item>")
        })
        .collect();
    let bot = Bot::new(&format!(
        "{{mail}}\n[fetch]\nallow_private_networks = true\n[[feed]]\nurl = \"feed.xml\"\ncontent = \"full\"\n[[digest]]\ntitle = \"Daily\"\nat = \"07:00\"\nimages = \"{images}\"\n"
    ));
    bot.write("feed.xml", &format!("<rss version=\"2.0\"><channel>{items}</channel></rss>"));
    (server, bot)
}

#[test]
fn embedded_pictures_travel_in_the_mail_and_missing_ones_are_left_out() {
    let (server, bot) = stage("embed");
    bot.ok(&["send", "--now", "2026-11-22T06:30:00Z"]);
    let file = std::fs::read_dir(bot.path("outbox")).unwrap().flatten().next().unwrap().path();
    let bytes = std::fs::read(file).unwrap();
    let mail = MessageParser::default().parse(&bytes).unwrap();
    let html = mail.body_html(0).unwrap();
    assert_eq!(html.matches("<img").count(), 1, "{html}");
    assert!(!html.contains(&server.url("/p/")), "{html}");
    let part = mail.parts.iter().find(|part| part.content_id().is_some()).expect("a picture");
    assert!(html.contains(&format!("src=\"cid:{}\"", part.content_id().unwrap())), "{html}");
    assert_eq!(part.content_type().map(|t| (t.ctype(), t.subtype())), Some(("image", Some("jpeg"))));
    let picture = image::load_from_memory(part.contents()).unwrap();
    assert_eq!((picture.width(), picture.height()), (1280, 720));
    assert!(part.contents().len() < 300_000);
    // The same bytes at every attempt, and a browser can show the preview.
    assert!(bot.ok(&["preview", "--now", "2026-11-22T06:30:00Z"]).code == 0);
}

#[test]
fn a_preview_carries_its_pictures_in_the_page() {
    let (_server, bot) = stage("embed");
    let html = bot.ok(&["preview", "--now", "2026-11-22T06:30:00Z"]).stdout;
    assert!(html.contains("src=\"data:image/jpeg;base64,") && !html.contains("cid:"), "{html}");
}

#[test]
fn pictures_are_shown_where_the_owner_wants_them_and_never_twice() {
    for (images, shown) in [("none", 0), ("first", 3), ("all", 3)] {
        let (_server, bot) = stage(images);
        let html = bot.ok(&["preview", "--now", "2026-11-22T06:30:00Z"]).stdout;
        assert_eq!(html.matches("<img").count(), shown, "{images}: {html}");
    }
}

#[test]
fn a_picture_that_hangs_does_not_take_the_others_with_it() {
    let (server, bot) = stage("embed");
    server.serve("/p/2.jpg", Answer::Hang);
    bot.ok(&["send", "--now", "2026-11-22T06:30:00Z"]);
    assert_eq!(bot.only_mail().html.unwrap().matches("src=\"cid:").count(), 1);
    // Each is asked for once, whoever shows it.
    assert_eq!(server.requests().iter().filter(|request| request.path == "/p/1.jpg").count(), 1);
}
