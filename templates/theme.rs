//! Colours, type and the little that stands in `<style>`.
//!
//! The inline styles are whole without it: Gmail drops a `<style>` it dislikes, and some
//! webmail drops every one. Dark colours are classes, twice: by media query for the clients
//! that know it, and as `data-ogs*` twins for Outlook.com, in blocks of their own, since a
//! client that stumbles over one rule drops the whole block.

use crate::view::Language;

pub(crate) const PAGE: &str = "#EFEAE1";
pub(crate) const SHEET: &str = "#FFFDF9";
pub(crate) const INK: &str = "#1B1A17";
pub(crate) const SUB: &str = "#45423C";
pub(crate) const META: &str = "#68635A";
/// A hairline between two stories.
pub(crate) const RULE: &str = "#E3DCCF";
/// Behind code, and where a picture has yet to come.
pub(crate) const TINT: &str = "#F5F0E6";
pub(crate) const PICTURE: &str = "#E9E3D8";

pub(crate) const DARK_PAGE: &str = "#101214";
pub(crate) const DARK_SHEET: &str = "#17191C";
pub(crate) const DARK_INK: &str = "#EFEAE1";
pub(crate) const DARK_SUB: &str = "#C6C1B8";
pub(crate) const DARK_META: &str = "#A09B92";
pub(crate) const DARK_RULE: &str = "#33363A";
const DARK_TINT: &str = "#212429";

/// Class, property, dark value. `d-heavy` is the rule over a section.
const DARK: [(&str, &str, &str); 8] = [
    ("d-page", "background-color", DARK_PAGE),
    ("d-sheet", "background-color", DARK_SHEET),
    ("d-tint", "background-color", DARK_TINT),
    ("d-ink", "color", DARK_INK),
    ("d-sub", "color", DARK_SUB),
    ("d-mut", "color", DARK_META),
    ("d-rule", "border-color", DARK_RULE),
    ("d-heavy", "border-color", "#8C877E"),
];

pub(crate) const STYLE: &str = include_str!("theme.css");

/// The dark scheme for clients that follow the reader's.
pub(crate) fn dark_style(accent: &str) -> String {
    let mut rules = String::from("@media (prefers-color-scheme:dark){\n");
    for (class, property, value) in DARK.into_iter().chain([("d-acc", "color", accent)]) {
        rules.push_str(&format!(".{class}{{{property}:{value}!important}}\n"));
    }
    // What a full article brings along has no classes of ours.
    rules.push_str(&format!(
        ".full a{{color:{accent}!important}}\n.full blockquote{{border-color:{accent}!important}}\n\
         .full pre{{background-color:{DARK_TINT}!important}}\n.full td,.full th{{border-color:{DARK_RULE}!important}}\n}}\n"
    ));
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

/// The typefaces of a language's script. Of Chinese, Japanese and Korean the script's own comes
/// first: a Latin one would set their quotation marks too narrow.
pub(crate) fn fonts(language: &Language) -> &'static str {
    match language.tag.as_str() {
        tag if tag.starts_with("zh-Hant") => {
            "'PingFang TC','Microsoft JhengHei','Noto Sans CJK TC','Noto Sans TC',-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
        }
        tag if tag.starts_with("zh") => {
            "'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
        }
        tag if tag.starts_with("ja") => {
            "'Hiragino Sans','Yu Gothic',Meiryo,'Noto Sans CJK JP','Noto Sans JP',-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
        }
        tag if tag.starts_with("ko") => {
            "'Apple SD Gothic Neo','Malgun Gothic','Noto Sans CJK KR','Noto Sans KR',-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
        }
        _ => "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
    }
}

/// The typefaces of titles. Of Chinese ones never the bitmap face of another century that Windows
/// calls its serif.
pub(crate) fn display_fonts(language: &Language) -> &'static str {
    match language.tag.as_str() {
        tag if tag.starts_with("zh-Hant") => {
            "'Songti TC','Source Han Serif TC','Noto Serif CJK TC','PingFang TC','Microsoft JhengHei',sans-serif"
        }
        tag if tag.starts_with("zh") => {
            "'Songti SC','Source Han Serif SC','Noto Serif CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
        }
        tag if tag.starts_with("ja") => {
            "'Hiragino Mincho ProN','Source Han Serif JP','Noto Serif CJK JP','Yu Mincho','Hiragino Sans',sans-serif"
        }
        tag if tag.starts_with("ko") => {
            "'AppleMyungjo','Source Han Serif KR','Noto Serif CJK KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif"
        }
        _ if language.right_to_left => fonts(language),
        _ => "Georgia,'Times New Roman',serif",
    }
}

pub(crate) fn is_cjk(language: &Language) -> bool {
    ["zh", "ja", "ko"].iter().any(|tag| language.tag.starts_with(tag))
}

/// A size of type in pixels, and the height of its lines: of Latin letters, and of CJK, which
/// need more air.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) latin: (u32, u32),
    pub(crate) cjk: (u32, u32),
}

pub(crate) const NAMEPLATE: Size = Size { latin: (46, 52), cjk: (42, 52) };
pub(crate) const LEAD_TITLE: Size = Size { latin: (33, 39), cjk: (29, 40) };
pub(crate) const LABEL: Size = Size { latin: (22, 28), cjk: (21, 28) };
pub(crate) const LARGE_TITLE: Size = Size { latin: (24, 30), cjk: (23, 33) };
pub(crate) const ROW_TITLE: Size = Size { latin: (19, 25), cjk: (18, 27) };
pub(crate) const LEAD_TEXT: Size = Size { latin: (17, 27), cjk: (16, 28) };
pub(crate) const ROW_TEXT: Size = Size { latin: (15, 23), cjk: (15, 26) };
pub(crate) const INSIDE: Size = Size { latin: (16, 23), cjk: (16, 26) };

impl Size {
    /// As declarations of a style.
    pub(crate) fn of(self, language: &Language) -> String {
        let (size, line) = if is_cjk(language) { self.cjk } else { self.latin };
        format!("font-size:{size}px;line-height:{line}px")
    }
}

/// On which side lines begin.
pub(crate) fn side(language: &Language) -> &'static str {
    if language.right_to_left { "right" } else { "left" }
}
