//! `[editor]`, and the keys of feeds and digests that override it.

use url::Url;

use super::super::document::{At, Table, duration};
use super::super::{Editor, EditorOverrides};
use super::{Resolver, SecretKeys, is_loopback_name, words};
use crate::editor::{Summaries, Translation};

const SUMMARIES: [(&str, Summaries); 3] =
    [("long", Summaries::Long), ("never", Summaries::Never), ("all", Summaries::All)];
const TRANSLATIONS: [(&str, Translation); 4] = [
    ("titles", Translation::Titles),
    ("never", Translation::Never),
    ("excerpts", Translation::Excerpts),
    ("full", Translation::Full),
];
const KEY: SecretKeys = SecretKeys {
    plain: "key",
    env: ("key_env", "\"EDITOR_KEY\""),
    file: ("key_file", "\"editor.key\""),
    command: ("key_command", "\"pass show editor\""),
};
const MOST_TOKENS: u64 = 200_000;
const EXAMPLE: &str = "\"http://127.0.0.1:11434/v1\"";

impl Resolver<'_> {
    pub(super) fn editor(&self) -> Option<Editor> {
        let table = self.root.table("editor")?;
        table.lacks("url", EXAMPLE);
        table.lacks("model", "\"qwen2.5:7b\"");
        let url = endpoint(&table);
        let model = table.parsed("model", "\"qwen2.5:7b\"", words);
        // Without it no mail waits: they go out unedited.
        let key = self.secret(&table, &KEY, false).map(|(source, _)| source);
        if let (Some(url), Some(_)) = (&url, &key)
            && url.value.scheme() == "http"
            && !url.value.host_str().is_some_and(is_loopback_name)
        {
            self.findings.warn(url.span.clone(), "the key of `[editor]` goes over the network unprotected");
        }
        let language = table.parsed("language", "\"zh-Hans\"", language);
        let own = overrides(&table);
        let max_tokens = table.number("max_tokens_per_edition", 1000..=1_000_000_000);
        let timeout = table.parsed("timeout", "\"60s\"", duration);
        let briefing = table.boolean("briefing");
        Some(Editor {
            url: url?.value,
            model: model?.value,
            key,
            language: language.map(|l| l.value),
            summaries: own.summaries.unwrap_or_default(),
            translation: own.translation.unwrap_or_default(),
            briefing: briefing.unwrap_or(false),
            max_tokens: max_tokens.unwrap_or(MOST_TOKENS),
            timeout: timeout.map_or(std::time::Duration::from_secs(60), |t| t.value),
        })
    }

    /// The keys of a feed or a digest, which are of no use without an `[editor]`.
    pub(super) fn overrides(&self, table: &Table<'_>) -> EditorOverrides {
        if !self.root.has("editor") {
            for key in ["summary", "translate", "briefing", "max_tokens_per_edition"] {
                if table.has(key) {
                    table.wrong(
                        table.span_of(key),
                        format!("nobody is named who would do it: `{key}` needs an `[editor]`"),
                        "add `[editor]` with `url` and `model`",
                    );
                }
            }
        }
        overrides(table)
    }
}

fn overrides(table: &Table<'_>) -> EditorOverrides {
    EditorOverrides {
        summaries: table.choice("summary", &SUMMARIES),
        translation: table.choice("translate", &TRANSLATIONS),
    }
}

/// The address of chat completions under that of an API.
fn endpoint(table: &Table<'_>) -> Option<At<Url>> {
    let At { value: text, span } = table.string("url", EXAMPLE)?;
    let parsed = Url::parse(text.trim());
    let has_login = parsed
        .as_ref()
        .map_or(text.contains('@'), |url| !url.username().is_empty() || url.password().is_some());
    if has_login {
        // The line is not shown.
        let help = "write the address alone, and name the key by `key_env`";
        table.wrong_unseen(span, "an address with a login in it does not belong in this file", help);
        return None;
    }
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let Some(mut url) = parsed.ok().filter(is_web) else {
        table.wrong(span, format!("`{text}` is no http or https address"), format!("such as {EXAMPLE}"));
        return None;
    };
    if !url.path().trim_end_matches('/').ends_with("/chat/completions")
        && let Ok(mut path) = url.path_segments_mut()
    {
        path.pop_if_empty().extend(["chat", "completions"]);
    }
    Some(At { value: url, span })
}

/// A tag of BCP 47, whether or not the frame is written in that language.
fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let is_tag = matches!(primary.len(), 2 | 3)
        && primary.chars().all(|c| c.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()));
    match text {
        "zh" | "zh-CN" => Err(format!("`{text}` leaves open in which script; did you mean `zh-Hans`?")),
        _ if is_tag => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is no tag of a language")),
    }
}
