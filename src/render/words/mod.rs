//! The words of the frame: everything in a mail that no feed said. Each language is a
//! Fluent file beside this one; dates are ICU's, by the language's own customs.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, Days};
use chrono_tz::Tz;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use icu_calendar::{Date, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::{E, YM, YMD, YMDE};
use icu_locale_core::Locale;

/// A language of the frame: its tag, the locale of its dates, its messages. British dates
/// for English, since they need no commas; digits as in the rest of the mail for Arabic.
const SOURCES: [(&str, &str, &str); 12] = [
    ("en", "en-GB", include_str!("en.ftl")),
    ("ar", "ar-u-nu-latn", include_str!("ar.ftl")),
    ("de", "de", include_str!("de.ftl")),
    ("es", "es", include_str!("es.ftl")),
    ("fr", "fr", include_str!("fr.ftl")),
    ("it", "it", include_str!("it.ftl")),
    ("ja", "ja", include_str!("ja.ftl")),
    ("ko", "ko", include_str!("ko.ftl")),
    ("pt", "pt", include_str!("pt.ftl")),
    ("ru", "ru", include_str!("ru.ftl")),
    ("zh-Hans", "zh-Hans", include_str!("zh-Hans.ftl")),
    ("zh-Hant", "zh-Hant", include_str!("zh-Hant.ftl")),
];

static TONGUES: LazyLock<Vec<Tongue>> = LazyLock::new(|| {
    SOURCES.iter().map(|(tag, dates, messages)| Tongue::new(tag, dates, messages)).collect()
});

/// The languages the frame is written in.
pub fn languages() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(tag, ..)| *tag)
}

struct Tongue {
    tag: &'static str,
    messages: FluentBundle<FluentResource>,
    long_date: Option<FixedCalendarDateTimeFormatter<Gregorian, YMDE>>,
    date: Option<FixedCalendarDateTimeFormatter<Gregorian, YMD>>,
    weekday: Option<FixedCalendarDateTimeFormatter<Gregorian, E>>,
    month: Option<FixedCalendarDateTimeFormatter<Gregorian, YM>>,
}

impl Tongue {
    fn new(tag: &'static str, dates: &str, messages: &str) -> Self {
        let language = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // The marks that isolate a name's direction are not for mail: `dir` does that.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(messages.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        let locale: Locale = dates.parse().unwrap_or(Locale::UNKNOWN);
        Self {
            tag,
            messages: bundle,
            long_date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMDE::long()).ok(),
            date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).ok(),
            weekday: FixedCalendarDateTimeFormatter::try_new((&locale).into(), E::short()).ok(),
            month: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YM::long()).ok(),
        }
    }
}

/// Words that stand alone on web pages, by their names in the files.
#[derive(Debug, Clone, Copy, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Label {
    AllEditions,
    PreviousEdition,
    NextEdition,
    Search,
    SearchWords,
    SearchDigest,
    AllDigests,
    SearchFrom,
    SearchUntil,
    PreviousPage,
    NextPage,
    OtherPages,
    ByMonth,
    FeedOfEditions,
    FeedOfArticles,
    NoEditions,
    PageNotFound,
    PageBusy,
    PageUnavailable,
    Join,
    JoinAddress,
    JoinName,
    JoinDigests,
    JoinIntro,
    JoinAgain,
    JoinWrong,
    LeaveEmpty,
    Confirm,
    Undo,
    OwnPage,
    MailFormat,
    AsHtml,
    AsText,
    HowOften,
    EveryEdition,
    OnceAWeek,
    PauseUntil,
    Save,
    Saved,
    LeaveAll,
}

/// Words about a reader and digests, by their names in the files.
#[derive(Debug, Clone, Copy, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum About {
    JoinAsked,
    ConfirmQuestion,
    Confirmed,
    ConfirmSubject,
    ConfirmLetter,
    KnownSubject,
    KnownLetter,
    WelcomeSubject,
    WelcomeLetter,
    LastEdition,
}

/// What those words are about: an address of mail, the names of digests, an address in the web.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts<'a> {
    pub(super) address: &'a str,
    pub(super) title: &'a str,
    pub(super) link: &'a str,
}

/// The frame in one language.
#[derive(Clone, Copy)]
pub(super) struct Words(&'static Tongue);

impl Words {
    /// The closest the frame can come to a language.
    pub(super) fn in_language(tag: &str) -> Self {
        let tag = match tag {
            "zh-TW" | "zh-HK" | "zh-MO" => "zh-Hant",
            tag if tag.starts_with("zh") && !tag.starts_with("zh-Hant") => "zh-Hans",
            tag => tag,
        };
        let exact = TONGUES.iter().find(|t| tag == t.tag || tag.starts_with(&format!("{}-", t.tag)));
        #[allow(clippy::indexing_slicing, reason = "the table above is not empty")]
        Self(exact.unwrap_or(&TONGUES[0]))
    }

    /// The language these words are really in.
    pub(super) fn tag(self) -> &'static str {
        self.0.tag
    }

    fn say(self, message: &str, arguments: &[(&str, FluentValue<'_>)]) -> String {
        let mut values = FluentArgs::new();
        for (name, value) in arguments {
            values.set(*name, value.clone());
        }
        let pattern = self.0.messages.get_message(message).and_then(|message| message.value());
        let mut trouble = Vec::new();
        // Every language has every message: a test holds them to that.
        let said = pattern.map(|p| self.0.messages.format_pattern(p, Some(&values), &mut trouble));
        said.map_or_else(String::new, std::borrow::Cow::into_owned)
    }

    fn counted(self, message: &str, count: usize) -> String {
        self.say(message, &[("count", count.into())])
    }

    pub(super) fn edition(self, number: i64) -> String {
        self.say("edition", &[("number", number.to_string().into())])
    }

    /// "Late: 13:05"
    pub(super) fn late(self, at: DateTime<Tz>, due: DateTime<Tz>) -> String {
        self.say("late", &[("at", self.moment(at, due).into())])
    }

    /// "Sunday, 22 November 2026"
    pub(super) fn long_date(self, day: DateTime<Tz>) -> String {
        written(self.0.long_date.as_ref().zip(date_of(day)).map(|(f, date)| f.format(&date).to_string()), day)
    }

    /// "22 November 2026"
    pub(super) fn date(self, day: DateTime<Tz>) -> String {
        written(self.0.date.as_ref().zip(date_of(day)).map(|(f, date)| f.format(&date).to_string()), day)
    }

    fn weekday(self, day: DateTime<Tz>) -> String {
        written(self.0.weekday.as_ref().zip(date_of(day)).map(|(f, date)| f.format(&date).to_string()), day)
    }

    /// When an article came out, as briefly as the edition's day allows.
    pub(super) fn moment(self, at: DateTime<Tz>, edition: DateTime<Tz>) -> String {
        let day = at.date_naive();
        let today = edition.date_naive();
        let time = at.format("%H:%M").to_string();
        if day == today {
            return time;
        }
        if today.checked_sub_days(Days::new(6)).is_some_and(|week| day >= week && day < today) {
            return self.say("time-at", &[("day", self.weekday(at).into()), ("time", time.into())]);
        }
        self.date(at)
    }

    pub(super) fn stories(self, stories: usize) -> String {
        self.counted("stories", stories)
    }

    pub(super) fn stories_from(self, stories: usize, sources: usize) -> String {
        self.say("stories-from", &[("count", stories.into()), ("sources", sources.into())])
    }

    pub(super) fn minutes(self, minutes: usize) -> String {
        self.counted("minutes", minutes)
    }

    /// Of a whole edition.
    pub(super) fn whole_reading_time(self, minutes: usize) -> String {
        self.counted("whole-reading-time", minutes)
    }

    pub(super) fn reading_time(self, minutes: usize) -> String {
        self.counted("reading-time", minutes)
    }

    /// After some titles, how many follow.
    pub(super) fn and_more(self, stories: usize) -> String {
        self.counted("and-more", stories)
    }

    pub(super) fn at_a_glance(self) -> String {
        self.say("at-a-glance", &[])
    }

    pub(super) fn also_covered_by(self) -> String {
        self.say("also-covered-by", &[])
    }

    /// Of a story that is shown again.
    pub(super) fn updated(self) -> String {
        self.say("updated", &[])
    }

    pub(super) fn updated_since(self) -> String {
        self.say("updated-since", &[])
    }

    /// What a title was before.
    pub(super) fn was(self, title: &str) -> String {
        self.say("previous-title", &[("title", title.to_owned().into())])
    }

    pub(super) fn text_changed(self) -> String {
        self.say("text-changed", &[])
    }

    /// How many changes are not named.
    pub(super) fn more_updates(self, updates: usize) -> String {
        self.counted("more-updates", updates)
    }

    pub(super) fn listen(self) -> String {
        self.say("listen", &[])
    }

    pub(super) fn watch(self) -> String {
        self.say("watch", &[])
    }

    pub(super) fn file(self) -> String {
        self.say("file", &[])
    }

    pub(super) fn discussion(self) -> String {
        self.say("discussion", &[])
    }

    pub(super) fn left_out(self, stories: usize) -> String {
        self.counted("left-out", stories)
    }

    /// Of what is left out, that it is in the next edition.
    pub(super) fn waiting(self, stories: usize) -> String {
        self.counted("waiting", stories)
    }

    pub(super) fn nothing_new(self) -> String {
        self.say("nothing-new", &[])
    }

    pub(super) fn why(self, title: &str) -> String {
        self.say("why", &[("title", title.to_owned().into())])
    }

    pub(super) fn unsubscribe(self) -> String {
        self.say("unsubscribe", &[])
    }

    pub(super) fn write_to_editor(self) -> String {
        self.say("write-to-editor", &[])
    }

    pub(super) fn view_in_browser(self) -> String {
        self.say("view-in-browser", &[])
    }

    pub(super) fn unsubscribe_question(self, title: &str) -> String {
        self.say("unsubscribe-question", &[("title", title.to_owned().into())])
    }

    /// Over the sentences at the head of an edition.
    pub(super) fn briefing(self) -> String {
        self.say("briefing", &[])
    }

    /// What the mark of machines means.
    pub(super) fn by_machine(self, model: &str) -> String {
        self.say("by-machine", &[("model", model.to_owned().into())])
    }

    /// What a reader is told who has left.
    pub(super) fn gone(self, address: &str, title: &str) -> String {
        let (address, title) = (address.to_owned(), title.to_owned());
        self.say("unsubscribe-done", &[("address", address.into()), ("title", title.into())])
    }

    /// Words of the archive that stand alone.
    pub(super) fn label(self, label: Label) -> String {
        self.say(label.into(), &[])
    }

    pub(super) fn about(self, what: About, Facts { address, title, link }: Facts<'_>) -> String {
        let values = [("address", address), ("title", title), ("link", link)];
        self.say(what.into(), &values.map(|(name, value)| (name, value.to_owned().into())))
    }

    /// How many articles were found; `is_cut`: only the newest were looked at.
    pub(super) fn found(self, articles: usize, is_cut: bool) -> String {
        self.counted(if is_cut { "found-newest" } else { "found" }, articles)
    }

    pub(super) fn nothing_found(self, query: &str) -> String {
        self.say("nothing-found", &[("query", query.to_owned().into())])
    }

    /// "November 2026"
    pub(super) fn month(self, day: DateTime<Tz>) -> String {
        let month = self.0.month.as_ref().zip(date_of(day));
        month.map_or_else(|| day.format("%Y-%m").to_string(), |(f, date)| f.format(&date).to_string())
    }

    pub(super) fn sent_by(self, sender: &str) -> String {
        self.say("sent-by", &[("sender", sender.to_owned().into())])
    }
}

fn date_of(day: DateTime<Tz>) -> Option<Date<Gregorian>> {
    Date::try_new_gregorian(day.year(), u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?).ok()
}

/// ISO 8601 is understood everywhere, should a date be none of ICU's.
fn written(date: Option<String>, day: DateTime<Tz>) -> String {
    date.unwrap_or_else(|| day.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let keys = |messages: &str| -> Vec<String> {
            let keys = messages.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()));
            keys.filter_map(|l| l.split_once(" =")).map(|(key, _)| key.to_owned()).collect()
        };
        let english = keys(SOURCES[0].2);
        assert!(english.len() > 15, "{english:?}");
        for (tag, _, messages) in SOURCES {
            assert_eq!(keys(messages), english, "{tag}");
            assert!(FluentResource::try_new(messages.to_owned()).is_ok(), "{tag}");
            let words = Words::in_language(tag);
            assert_eq!(words.tag(), tag);
            for key in &english {
                let values = ["count", "number", "sources"].map(|name| (name, FluentValue::from(5)));
                let texts =
                    ["first", "title", "sender", "day", "time", "at", "address", "query", "link", "model"];
                let texts = texts.map(|name| (name, FluentValue::from("…")));
                let said = words.say(key, &values.into_iter().chain(texts).collect::<Vec<_>>());
                assert!(!said.is_empty() && !said.contains(['{', '}']), "{tag} {key}: {said}");
            }
        }
    }

    #[test]
    fn dates_follow_the_customs_of_each_language() {
        let day = "2026-11-22T06:30:00Z".parse::<DateTime<chrono::Utc>>().unwrap().with_timezone(&Tz::UTC);
        let long = |tag: &str| Words::in_language(tag).long_date(day);
        assert_eq!(long("en"), "Sunday, 22 November 2026");
        assert_eq!(long("de-AT"), "Sonntag, 22. November 2026");
        assert_eq!(long("zh-Hans"), "2026年11月22日星期日");
        assert_eq!(long("zh-TW"), "2026年11月22日星期日");
        assert_eq!(long("fr"), "dimanche 22 novembre 2026");
        assert_eq!(long("tlh"), long("en"));
    }

    #[test]
    fn counts_follow_the_grammar_of_each_language() {
        let stories = |tag: &str, count| Words::in_language(tag).stories(count);
        assert_eq!((stories("en", 1), stories("en", 2)), ("1 story".into(), "2 stories".into()));
        let russian = [1, 3, 7, 21].map(|n| stories("ru", n));
        assert_ne!(russian[0].trim_start_matches('1'), russian[1].trim_start_matches('3'));
        assert_ne!(russian[1].trim_start_matches('3'), russian[2].trim_start_matches('7'));
        assert_eq!(russian[0].trim_start_matches('1'), russian[3].trim_start_matches("21"));
    }
}
