//! Against a real Postfix. Skipped, and said so, where none is installed or the tests do not
//! run as root, without whom Postfix does not start.

use crate::bot::{Bot, rss};
use crate::postfix::Postfix;

#[test]
fn postfix_takes_and_delivers_the_mail_as_it_is() {
    let Some(postfix) = Postfix::start() else { return };
    let bot = Bot::new(&format!(
        "{{mail}}\n[[recipient]]\nemail = \"bob@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n\
         {}",
        postfix.config()
    ));
    let body = "过去七个早晨有四个因大雾停航。".repeat(40);
    bot.write("feed.xml", &rss(&[("1", "渡轮提前一周改为冬季班次", &body)]));
    let ran = bot.ok(&["send"]);
    assert!(ran.stdout.contains("delivered to bob@example.org: 250 2.0.0 Ok: queued as"), "{}", ran.stdout);
    let mails = postfix.inbox(2);
    for mail in mails {
        assert!(mail.text.contains("渡轮提前一周改为冬季班次"), "{}", mail.text);
        assert!(mail.html.expect("an HTML part").contains("过去七个早晨有四个因大雾停航。"));
    }
    assert!(postfix.log().contains("client=localhost"), "{}", postfix.log());
}
