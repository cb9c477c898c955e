//! Colours, type and the little that stands in `<style>`.
//!
//! The inline styles are whole without it: Gmail drops a `<style>` it dislikes, and some
//! webmail drops every one. Dark colours are classes, twice: by media query for the clients
//! that know it, and as `data-ogs*` twins for Outlook.com, in blocks of their own, since a
//! client that stumbles over one rule drops the whole block.

use crate::view::Language;

pub(crate) const PAGE: &str = "#F2EFE9";
pub(crate) const SHEET: &str = "#FFFFFF";
pub(crate) const INK: &str = "#1A1D21";
pub(crate) const SUB: &str = "#4A5159";
pub(crate) const META: &str = "#636A73";
pub(crate) const RULE: &str = "#E2DDD3";
pub(crate) const TINT: &str = "#F8F5EF";

/// Class, property, dark value.
const DARK: [(&str, &str, &str); 7] = [
    ("d-page", "background-color", "#121417"),
    ("d-sheet", "background-color", "#1C1F23"),
    ("d-tint", "background-color", "#23272C"),
    ("d-ink", "color", "#EDEBE7"),
    ("d-sub", "color", "#BFC4CA"),
    ("d-mut", "color", "#9CA3AC"),
    ("d-rule", "border-color", "#343940"),
];

pub(crate) const STYLE: &str = include_str!("theme.css");

/// The dark scheme for clients that follow the reader's.
pub(crate) fn dark_style(accent: &str) -> String {
    let mut rules = String::from("@media (prefers-color-scheme:dark){\n");
    for (class, property, value) in DARK.into_iter().chain([("d-acc", "color", accent)]) {
        rules.push_str(&format!(".{class}{{{property}:{value}!important}}\n"));
    }
    // What a full article brings along has no classes of ours.
    rules.push_str(&format!(".full a{{color:{accent}!important}}\n.full blockquote{{border-color:#343940!important}}\n.d-accrule{{border-color:{accent}!important}}\n}}\n"));
    rules
}

/// The same for Outlook.com, which marks what it recolours.
pub(crate) fn outlook_dark_style(accent: &str) -> String {
    let mut rules = String::new();
    for (class, property, value) in DARK.into_iter().chain([("d-acc", "color", accent)]) {
        let mark = if property == "background-color" { "data-ogsb" } else { "data-ogsc" };
        rules.push_str(&format!("[{mark}] .{class}{{{property}:{value}!important}}\n"));
    }
    rules
}

/// The typefaces of a language's script. Chinese gets no serif: Windows would fall back
/// to a bitmap face of another century.
pub(crate) fn fonts(language: &Language) -> &'static str {
    match language.tag.as_str() {
        tag if tag.starts_with("zh-Hant") => {
            "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang TC','Microsoft JhengHei','Noto Sans CJK TC','Noto Sans TC',Arial,sans-serif"
        }
        tag if tag.starts_with("zh") => {
            "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',Arial,sans-serif"
        }
        tag if tag.starts_with("ja") => {
            "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Hiragino Sans','Yu Gothic',Meiryo,'Noto Sans CJK JP','Noto Sans JP',Arial,sans-serif"
        }
        tag if tag.starts_with("ko") => {
            "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Apple SD Gothic Neo','Malgun Gothic','Noto Sans CJK KR','Noto Sans KR',Arial,sans-serif"
        }
        _ => "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
    }
}

/// The typeface of the masthead and the lead title.
pub(crate) fn display_fonts(language: &Language) -> &'static str {
    if is_cjk(language) || language.right_to_left {
        fonts(language)
    } else {
        "Georgia,'Times New Roman',serif"
    }
}

pub(crate) fn is_cjk(language: &Language) -> bool {
    ["zh", "ja", "ko"].iter().any(|tag| language.tag.starts_with(tag))
}

/// CJK lines need more air than Latin ones.
pub(crate) fn line_height(language: &Language, latin: u32, cjk: u32) -> u32 {
    if is_cjk(language) { cjk } else { latin }
}
