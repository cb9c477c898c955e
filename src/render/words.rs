//! The words of the frame: everything in a mail that no feed said.

use chrono::{DateTime, Datelike, Days};
use chrono_tz::Tz;

/// The languages the frame is written in.
pub const LANGUAGES: [&str; 3] = ["en", "zh-Hans", "zh-Hant"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tongue {
    English,
    Simplified,
    Traditional,
}

/// The frame in one language.
#[derive(Clone, Copy)]
pub(super) struct Words(Tongue);

impl Words {
    /// The closest the frame can come to a language.
    pub(super) fn in_language(tag: &str) -> Self {
        Self(match tag {
            t if t.starts_with("zh-Hant") => Tongue::Traditional,
            t if t.starts_with("zh") => Tongue::Simplified,
            _ => Tongue::English,
        })
    }

    /// The language these words are really in.
    pub(super) fn tag(self) -> &'static str {
        match self.0 {
            Tongue::English => "en",
            Tongue::Simplified => "zh-Hans",
            Tongue::Traditional => "zh-Hant",
        }
    }

    fn pick<T>(self, english: T, simplified: T, traditional: T) -> T {
        match self.0 {
            Tongue::English => english,
            Tongue::Simplified => simplified,
            Tongue::Traditional => traditional,
        }
    }

    pub(super) fn edition(self, number: i64) -> String {
        self.pick(format!("Edition {number}"), format!("第 {number} 期"), format!("第 {number} 期"))
    }

    /// "Sunday 22 November 2026"
    pub(super) fn long_date(self, day: DateTime<Tz>) -> String {
        match self.0 {
            Tongue::English => day.format("%A %-d %B %Y").to_string(),
            _ => format!("{}年{}月{}日 星期{}", day.year(), day.month(), day.day(), han_weekday(day)),
        }
    }

    /// "22 November 2026"
    pub(super) fn date(self, day: DateTime<Tz>) -> String {
        match self.0 {
            Tongue::English => day.format("%-d %B %Y").to_string(),
            _ => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        }
    }

    /// When an article came out, as briefly as the edition's day allows.
    pub(super) fn moment(self, at: DateTime<Tz>, edition: DateTime<Tz>) -> String {
        let day = at.date_naive();
        let today = edition.date_naive();
        if day == today {
            return at.format("%H:%M").to_string();
        }
        if today.checked_sub_days(Days::new(6)).is_some_and(|week| day >= week && day < today) {
            return match self.0 {
                Tongue::English => at.format("%a %H:%M").to_string(),
                Tongue::Simplified => format!("周{} {}", han_weekday(at), at.format("%H:%M")),
                Tongue::Traditional => format!("週{} {}", han_weekday(at), at.format("%H:%M")),
            };
        }
        self.date(at)
    }

    pub(super) fn stories(self, stories: usize) -> String {
        self.pick(counted(stories, "story", "stories"), format!("{stories} 篇"), format!("{stories} 篇"))
    }

    pub(super) fn sources(self, sources: usize) -> String {
        self.pick(
            counted(sources, "source", "sources"),
            format!("{sources} 个来源"),
            format!("{sources} 個來源"),
        )
    }

    pub(super) fn minutes(self, minutes: usize) -> String {
        self.pick(
            counted(minutes, "minute", "minutes"),
            format!("约 {minutes} 分钟"),
            format!("約 {minutes} 分鐘"),
        )
    }

    pub(super) fn reading_time(self, minutes: usize) -> String {
        self.pick(format!("{minutes} min read"), format!("{minutes} 分钟读完"), format!("{minutes} 分鐘讀完"))
    }

    pub(super) fn preheader(self, stories: usize, sources: usize, minutes: usize, first: &str) -> String {
        let (n, s, m) = (self.stories(stories), self.sources(sources), self.minutes(minutes));
        self.pick(
            format!("{n} from {s}, about {m}. First: {first}"),
            format!("{n}，来自 {s}，{m}。头条：{first}"),
            format!("{n}，來自 {s}，{m}。頭條：{first}"),
        )
    }

    pub(super) fn at_a_glance(self) -> &'static str {
        self.pick("At a glance", "今日要点", "今日要點")
    }

    pub(super) fn also_covered_by(self) -> &'static str {
        self.pick("Also covered by", "相关报道", "相關報道")
    }

    /// Of an article that is shown again.
    pub(super) fn updated(self) -> &'static str {
        self.pick("Updated", "已更新", "已更新")
    }

    pub(super) fn updated_since(self) -> &'static str {
        self.pick("Updated since it was mailed", "发出后有更新", "寄出後有更新")
    }

    /// What a title was before.
    pub(super) fn was(self, title: &str) -> String {
        self.pick(format!("before: {title}"), format!("原题：{title}"), format!("原題：{title}"))
    }

    pub(super) fn text_changed(self) -> &'static str {
        self.pick("the text has changed", "正文有修改", "內文有修改")
    }

    pub(super) fn left_out(self, stories: usize) -> String {
        self.pick(
            format!("{} did not fit into this mail.", counted(stories, "more story", "more stories")),
            format!("另有 {stories} 篇未能收入本期邮件。"),
            format!("另有 {stories} 篇未能收入本期郵件。"),
        )
    }

    pub(super) fn nothing_new(self) -> &'static str {
        self.pick("Nothing new since the last edition.", "自上期以来没有新内容。", "自上期以來沒有新內容。")
    }

    pub(super) fn why(self, title: &str) -> String {
        self.pick(
            format!("You get this mail because your address is on the list of {title}."),
            format!("您收到这封邮件，是因为您的地址在“{title}”的收件人名单中。"),
            format!("您收到這封郵件，是因為您的地址在「{title}」的收件人名單中。"),
        )
    }

    pub(super) fn unsubscribe(self) -> &'static str {
        self.pick("Unsubscribe", "退订", "退訂")
    }

    pub(super) fn sent_by(self, sender: &str) -> String {
        self.pick(format!("Sent by {sender}"), format!("发件人：{sender}"), format!("寄件人：{sender}"))
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn han_weekday(day: DateTime<Tz>) -> char {
    let index = day.weekday().num_days_from_sunday() as usize;
    "日一二三四五六".chars().nth(index).unwrap_or('日')
}
