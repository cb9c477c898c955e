//! What stands around the articles of a feed and is none of them: promotions, copyright
//! notices, "read more", bylines that repeat what is known. Told by its words, for the
//! sources and phrases we know, and by repetition for all others: a block that ends most
//! articles of a feed is a footer, in any language.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use url::Url;

use super::blocks::{self, Block, Line, Span, tidy};
use crate::text::{columns, is_cjk};

/// So many blocks at either end of an article may be a feed's own.
const REACH: usize = 4;
/// A block is a feed's own when it stands at the end of so many articles, and of this
/// share of them.
const LEAST_REPEATED: usize = 4;
const LEAST_SHARE: f64 = 0.6;
/// "Severity: high" may stand in every article, and is news in each.
const LEAST_FOOTER: usize = 24;

/// What an article repeats of its entry.
#[derive(Debug, Default, Clone)]
pub(super) struct EntryFacts<'a> {
    pub(super) title: Option<&'a str>,
    pub(super) authors: Vec<&'a str>,
    /// The host of its address.
    pub(super) site: Option<&'a str>,
}

/// From here on, everything is the mirror's or the plug-in's, wherever it begins.
static CUT_FROM: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?m)^\s*((获取更多|獲取更多) ?RSS|【?(订阅|訂閱)指南】?\s*[：:])"));

/// Blocks at the end of an article that are none of it.
static TAIL: LazyLock<RegexSet> = LazyLock::new(|| {
    set(&[
        // copyright
        r"版权声明|版權聲明|^[^。]{0,40}(版权所有|版權所有)[。.]?$|^(版权所有|版權所有)[^人者方]|未经授权.{0,12}转载|未經授權.{0,12}轉載|^.{0,40}無断転載.{0,30}$",
        r"(?i)(©|\(c\)|copyright|(19|20)\d\d).*(all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|tutti i diritti riservati|todos os direitos reservados|все права защищены)\.?",
        r"(?i)^.{0,30}(all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|tutti i diritti riservati|todos os direitos reservados|все права защищены)\.?$",
        r"(?i)^(©|\(c\)|copyright)[^\n]{0,60}\b(19|20)\d\d\b[^\n.]{0,120}\.?$",
        // where the feed comes from
        r"(?i)^the post .* appeared first on\b|erschien zuerst auf|est apparu en premier sur|apareció primero en|最先出现在|最先出現在|最早出现在",
        r"(?i)^(the|this) (post|article|story)\b.*\b(first appeared|was (first|originally) published) (on|in|at|by)\b",
        r"(?i)^-{0,2}\s*(this (rss )?feed .{0,60}|.{0,30}(delivered|powered|generated|created|provided) (by|with|via) .{0,60})(feed|feed43|fetchrss|rss\.app|rsshub)|^由 ?rsshub",
        r"^点击查看本文英文版|^點擊查看本文英文版",
        r"(?i)^subscribe to .{0,60}(feed|newsletter)",
        r"(?is)permalink.*(post tags|comments?)|post tags:|add to del\.icio\.us|^feed enhanced by",
        // and on to the next page
        r"(?i)^(more from|see also|lire aussi|à lire aussi|lesen sie auch|mehr zum thema|leer también|leggi anche|читайте также)\b.{0,20}[:：]?$",
        r"^(标签|標籤|标记|关键词|關鍵詞|タグ)\s*[:：][^。]{0,100}$",
        r"(?i)^(filed under|tags?|categories|category|schlagwörter|étiquettes|mots-clés|etiquetas)\s*[:：][^.!?]{0,100}$",
        // newsletters
        r"(?i)^thanks for reading .{0,80}subscribe|^subscribe now$|was originally published in .{0,80} on medium",
    ])
});

/// A line that is nothing but the way to the rest of it, which the title's link is too.
static READ_MORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^[\s\[\(（【«»<>→›…\.·|-]*(read (more|on|the (full|whole|rest)[^\n]{0,40}|full[^\n]{0,30})|continue reading([^\n]{0,120})|keep reading|more|full (story|article|text)|view (original|in browser|article)[^\n]{0,40}|(view |leave a |post a )?comments?( \(\d+\))?|\d+ comments?|weiterlesen([^\n]{0,80})|mehr( lesen)?|zum (ganzen )?artikel|lire la suite([^\n]{0,60})|lire (plus|l'article[^\n]{0,30})|en savoir plus|leer más|seguir leyendo|continúa leyendo|continua a leggere|leggi (tutto|di più)|leia mais|continue lendo|ler mais|lees (meer|verder)|läs mer|les mer|læs mere|czytaj (dalej|więcej)|читать (далее|полностью|дальше)|подробнее|devamını oku|اقرأ المزيد|المزيد|더 ?보기|자세히 보기|続きを読む|記事全文|もっと読む|全文を読む|(点击|點擊)?(此处|這裡|这里)?(阅读|閱讀|查看|浏览|瀏覽)(更多|全文|原文)(内容|內容)?|(查看|閱讀|阅读)原文|原文(链接|連結|地址)?|全文(阅读|閱讀)?|更多(内容|內容|详情)?|继续阅读[^\n]{0,60}|繼續閱讀[^\n]{0,60})[\s\]\)）】»>→›…\.·|-]*$",
    )
});

/// A button's label that lost its button.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(分享(到|至|文章|本文)?|转发|轉發|シェア(する)?|공유|share( (this|on|via))?( (article|story|post|page))?|teilen|partager( sur)?|compartir( en)?|condividi( su)?|compartilhar?|поделиться|advertisement|anzeige|werbung|publicité|publicidad|pubblicità|реклама|广告|廣告|広告)\s*[:：]?$",
    )
});

/// The heading of a list of other articles.
static RELATED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(related( (articles?|stories|posts|news|coverage|reading|links|content))?|more (stories|on this( story| topic)?|from .{1,40})|read (also|next|more)|you (may|might) also (like|be interested in)|see also|further reading|also in this series|recommended( for you| reading)?|mehr zum thema|lesen sie (auch|mehr)|auch interessant|weitere artikel|das könnte sie (auch )?interessieren|à lire( aussi)?|lire aussi|sur le même (sujet|thème)|articles (liés|similaires)|artículos relacionados|noticias relacionadas|te puede interesar|leggi anche|articoli correlati|leia (também|mais)|artigos relacionados|читайте также|по теме|相关(阅读|文章|新闻|报道|报导|链接|内容|话题)|相關(閱讀|文章|新聞|報導|報道|連結|內容)|延伸(阅读|閱讀)|更多(阅读|報導|报道|新闻|新聞)|推荐阅读|推薦閱讀|编辑推荐|你可能(还|也)?(喜欢|感兴趣).{0,8}|猜你喜欢|関連(記事|ニュース|リンク)|あわせて読みたい|관련 ?기사|مواضيع ذات صلة|اقرأ أيضا)\s*[:：]?$",
    )
});

/// A time, and nothing else but "published" and the like.
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?ix)^(published|updated|posted|last\ updated|first\ published|veröffentlicht|aktualisiert|stand|publié\ le|mis\ à\ jour\ le|modifié\ le|发表(于|时间)?|發表(於|時間)?|发布(于|时间)?|發布(於|時間)?|更新(于|时间|於|時間|日時)?|更改(时间|時間)|修改(时间|時間)|最后更新|最後更新|公開日時?|投稿日)?\s*(on|am|:|：)?\s*
        (\d{4}-\d{1,2}-\d{1,2}(T|\s+|,\s*)?(\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?
        |\d{1,2}[/.]\d{1,2}[/.]\d{2,4}(\s*[-–,]?\s*\d{1,2}[:h]\d{2})?(\s*Uhr)?
        |\d{4}[/.]\d{1,2}[/.]\d{1,2}(\s*[-–,]?\s*\d{1,2}:\d{2}(:\d{2})?)?
        |\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日(\s*\d{1,2}\s*[:：时點点時]\s*(\d{1,2}\s*分?)?)?
        |(mon|tues|wednes|thurs|fri|satur|sun)?(day)?,?\s*\d{1,2}\ (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\ \d{4}(,?\s*\d{1,2}:\d{2}(:\d{2})?(\s*(am|pm|gmt|utc|bst|cet|cest|est|edt))*)?
        |(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\ \d{1,2},?\ \d{4}(,?\s*(at\ )?\d{1,2}:\d{2}(\s*(a\.?m\.?|p\.?m\.?|gmt|utc|bst|cet|est|edt|et))*)?
        )\s*$",
    )
});

/// What stands around the name in a byline.
static BYLINE_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(by|von|par|por|di|da|door|av|od|автор|текст|written by|posted by|text|reported by|作者|撰文|文|记者|記者|編輯|编辑|責任編輯|责任编辑|撰稿|特约撰稿|本报记者|本報記者)\s*[:：/／｜|]?\s*",
    )
});

/// What else a byline may tell.
static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(\d+\s*(min(ute)?s?\.?)( read)?|lesezeit.{0,20}|temps de lecture.{0,20}|(来源|來源|出处|source|quelle)\s*[:：].{1,40})$",
    )
});

/// Who did what for an article: "Text: Jan Mohr, Fotos: Eva Lind", "（翻譯：周小滿　校對：林大海）",
/// "Words by Kate Marsh."
static CREDITS: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"[^\n。！？!?:：/／＝=]{1,40}?";
    let one = format!("{}{name}", *TRADE_OF);
    regex(&format!(r"^[（(【\[]?\s*{one}(?:[\s|｜·・/／,，、;；.]+{one})*\s*[）)】\]]?[.。]?$"))
});
/// What somebody did, and "of" or "by".
static TRADE_OF: LazyLock<String> = LazyLock::new(|| {
    let trade = r"(?:(?:本报|本報|特约|特約|见习|見習|实习|實習|首席|责任|責任|网络|網絡|網路|执行|執行|视觉)?(?:记者|記者|编辑|編輯|责编|責編|网编|網編|编译|編譯|翻译|翻譯|译者|譯者|译|譯|校对|校對|审校|審校|审核|摄影|攝影|图片|圖片|文字|插画|插畫|制图|製圖|设计|設計|监制|監製|撰文|撰稿|采写|采访|採訪|策划|策劃|作者|文|图|圖)|(?:取材|文|撮影|編集|構成|写真|監修|翻訳|監訳|訳|聞き手|執筆)(?:・(?:文|撮影|写真|構成|編集))?|(?i:text|fotos?|bilder?|redaktion|autor(?:in)?|übersetzung|words|photos?|photographs|photography|images|pictures|illustrations?|edited|editing|editor|reporting|reported|writing|written|translated|translation|translator|texte|traduction|testo|traduzione|texto|traducción)|ترجمة|تصوير|تحرير)";
    let of = r"(?:\s*[:：/／＝=]\s*|\s+(?i:by|von)\s+)";
    format!("{trade}{of}")
});
static TRADE: LazyLock<Regex> = LazyLock::new(|| regex(&TRADE_OF));
static TRANSLATED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)翻译|翻譯|译者|譯者|编译|編譯|訳|ترجمة|translat|übersetz|traduc|traduz"));

/// No list of those who worked on it is longer.
const CREDITS_COLUMNS: usize = 160;

/// Paragraphs around an article that are none of it, wherever they stand: who wrote it and who
/// translated it, the way to it in another language, a letter on offer.
static AROUND: LazyLock<RegexSet> = LazyLock::new(|| {
    set(&[
        r"(?i)^(作者简介|作者簡介|作者介绍|作者介紹|关于作者|關於作者|about the authors?|über (die|den) autor(in|en|innen)?|à propos de l[’']auteure?|sobre (el autor|la autora)|著者プロフィール|筆者紹介|عن الكاتبة?)\s*[:：]",
        r"(?i)^(记者|記者)\s?[^\s。，,]{2,30}[／/]\s?[^\s。，,]{0,8}(报道|報道|報導)$",
        r"(?i)^aus dem \p{L}{4,20}(en)? (von|übersetzt von) [^.!?]{3,60}$",
        r"(?i)^(sign up|subscribe) (for|to) .{0,80}\bnewsletter\b.{0,60}$",
        r"(?i)^this (article|story|post) is (more than|over) \w+ (months?|years?) old\.?$",
        r"(?i)^(listen to this (article|story)|(收听|收聽|聆听|聆聽)(本文|文章)|artikel anhören|écouter (cet|l[’'])\s?article|escuchar (este |el )?artículo|この記事を聴く)([\s·:：（(-].{0,24})?$",
    ])
});

/// A link to the same article in another language.
static OTHER_VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let link = r"(?:(?:点击|點擊)?(?:此处|此處|这里|這裡)?(?:查看|阅读|閱讀|浏览|瀏覽)?(?:本文)?(?:的)?(?:英|中|日|韩|韓|法|德|俄|西)(?:文|语|語)(?:版|版本|原文)(?:本|文章)?|(?:英|中国|日本|韓国|フランス|ドイツ)語版は?(?:こちら)?|(?i:(?:click )?(?:here )?(?:for|to read|read) (?:the|this|it)?\s?(?:article|story|post)?\s?(?:in )?(?:english|chinese|german|french|spanish|japanese|korean|russian|arabic)(?: version)?(?: of this (?:article|story|post))?)|(?i:(?:lesen sie )?(?:diesen )?(?:artikel|text) auf \p{L}+)|(?i:lire cet article en \p{L}+)|(?i:leer (?:este )?artículo en \p{L}+))";
    regex(&format!(r"^[\s\[（(]*{link}(?:\s*[|｜/／·,，]\s*{link})*[\s.。\]）)]*$"))
});

/// "Read more:" and the title of another article, which was a link.
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(延伸(阅读|閱讀)|更多(阅读|閱讀)|相关(阅读|报道|文章|新闻)|相關(閱讀|報導|文章|新聞)|推荐阅读|推薦閱讀|read (more|also|next)|see also|related|lesen sie (auch|mehr)|mehr zum thema|à lire aussi|lire aussi|leggi anche|lea también|leia também|читайте также|اقرأ أيضا?ً?|関連記事|あわせて読みたい)\s*[:：]\s*\S[^\n]{1,100}$",
    )
});

fn regex(pattern: &str) -> Regex {
    #[allow(clippy::expect_used, reason = "a pattern of ours; the tests use every one")]
    Regex::new(pattern).expect("a valid pattern")
}

fn set(patterns: &[&str]) -> RegexSet {
    #[allow(clippy::expect_used, reason = "patterns of ours; the tests use every one")]
    RegexSet::new(patterns).expect("valid patterns")
}

/// Longer than this, a block is the article's, whatever words are in it.
const MOST_COLUMNS: usize = 420;
/// No byline is longer.
const BYLINE_COLUMNS: usize = 60;

/// What a mirror or plug-in adds is no longer than so many blocks.
const MOST_ADDED: usize = 6;

/// Takes away what frames the article.
pub(super) fn strip(all: &mut Vec<Block>, known: &EntryFacts<'_>, repeated: &RepeatedBlocks) {
    if all.iter().rev().take(MOST_ADDED).any(|block| CUT_FROM.is_match(&block.text())) {
        cut_from(all, &CUT_FROM);
    }
    all.retain(|block| !is_nothing(block));
    strip_tail(all, known, repeated);
    strip_head(all, known, repeated);
}

/// Takes away everything from a text on.
pub(super) fn cut_after(all: &mut Vec<Block>, text: &str) {
    if let Ok(pattern) = Regex::new(&regex::escape(text)) {
        cut_from(all, &pattern);
    }
}

fn cut_from(all: &mut Vec<Block>, pattern: &Regex) {
    let Some(at) = all.iter().position(|block| pattern.is_match(&block.text())) else { return };
    let begins = all
        .get(at)
        .and_then(Block::line)
        .and_then(|line| pattern.find(&blocks::text(line)).map(|m| m.start()));
    all.truncate(at + 1);
    match (begins, all.last_mut()) {
        (Some(start), Some(Block::Paragraph(paragraph))) if start > 0 => {
            paragraph.line = tidy(shortened(std::mem::take(&mut paragraph.line), start));
            if blocks::is_blank(&paragraph.line) {
                all.pop();
            }
        }
        _ => {
            all.pop();
        }
    }
}

/// The first `bytes` of a line.
fn shortened(line: Line, bytes: usize) -> Line {
    let mut left = bytes;
    let mut out = Line::new();
    for span in line {
        let Some((kept, _)) = span.text.split_at_checked(left.min(span.text.len())) else { break };
        left -= kept.len();
        out.push(Span { text: kept.to_owned(), ..span });
        if left == 0 {
            break;
        }
    }
    out
}

/// A full stop alone in its paragraph, "Share:", "Advertisement".
fn is_nothing(block: &Block) -> bool {
    let Some(line) = block.line() else { return false };
    let text = blocks::text(line);
    let text = text.trim();
    let bare = text.chars().count() <= 3
        && text.chars().all(|c| c.is_ascii_punctuation() || "。，、；：·…—–•　".contains(c));
    bare || LABEL.is_match(text)
}

fn strip_tail(all: &mut Vec<Block>, known: &EntryFacts<'_>, repeated: &RepeatedBlocks) {
    loop {
        let before = all.len();
        while matches!(all.last(), Some(Block::Rule | Block::Heading(..))) {
            all.pop();
        }
        if let Some(at) = related_from(all, known.site) {
            all.truncate(at);
        }
        // Under a heading of its own, what comes back is a part of the article.
        let headed = all.iter().rev().nth(1).is_some_and(|block| matches!(block, Block::Heading(..)));
        let has_more = all.iter().rev().skip(1).any(has_words);
        let is_extra = |block: &Block| has_more && is_extra_at_end(block, known.site);
        if all.last().is_some_and(|b| is_tail(b) || is_extra(b) || !headed && repeated.at_end(b)) {
            all.pop();
        } else if let Some(Block::Paragraph(paragraph)) = all.last_mut() {
            // "… the last sentence. Read more": the words stay, the way on goes.
            let last = paragraph
                .line
                .last()
                .filter(|s| s.link.is_some())
                .is_some_and(|s| READ_MORE.is_match(&s.text));
            if last && paragraph.line.len() > 1 {
                paragraph.line.pop();
                paragraph.line = tidy(std::mem::take(&mut paragraph.line));
                continue;
            }
        }
        if all.len() == before {
            break;
        }
    }
}

fn is_tail(block: &Block) -> bool {
    let text = block.text();
    let text = text.trim();
    if text.is_empty() || columns(text) > MOST_COLUMNS {
        return false;
    }
    let Block::Paragraph(_) = block else {
        return matches!(block, Block::List { .. }) && TAIL.is_match(text);
    };
    TAIL.is_match(text) || is_way_on(block) || is_menu(block)
}

fn has_words(block: &Block) -> bool {
    !matches!(block, Block::Figure(..) | Block::Rule) && !block.text().trim().is_empty()
}

/// Whether a paragraph at the end is none of the article, unless it is all there is.
fn is_extra_at_end(block: &Block, site: Option<&str>) -> bool {
    let Block::Paragraph(_) = block else { return false };
    let text = block.text();
    let text = text.trim();
    is_more(block, text, site)
        || is_around(block, text)
        // Who reported is told at the end, and kept; who translated is not news.
        || is_credits(text) && TRANSLATED.is_match(text)
}

/// "Read more:" and the title of another article of this site. A sentence is the article's.
fn is_more(block: &Block, text: &str, site: Option<&str>) -> bool {
    let Some((_, title)) = MORE.is_match(text).then(|| text.split_once([':', '：'])).flatten() else {
        return false;
    };
    let mut spans = block.lines().into_iter().flatten();
    if spans.any(|span| span.link.is_some()) {
        return leads_home(block, site);
    }
    !title.ends_with(['.', '。', '!', '！', ';', '；']) && !title.trim_start().starts_with(char::is_lowercase)
}

/// Whether a line says who did what, and nothing else.
pub(super) fn is_credits(text: &str) -> bool {
    let text = text.trim();
    columns(text) <= CREDITS_COLUMNS && CREDITS.is_match(text) && TRADE.split(text).skip(1).all(is_name)
}

/// Words that stand in small letters between those of names.
const PARTICLES: [&str; 26] = [
    "and", "und", "et", "y", "e", "og", "och", "i", "en", "de", "del", "della", "di", "da", "do", "dos",
    "du", "la", "le", "van", "von", "der", "den", "ten", "zu", "for",
];
/// With which sentences and titles begin, and names do not.
const ARTICLES: [&str; 14] =
    ["a", "an", "the", "der", "die", "das", "ein", "eine", "le", "les", "un", "une", "los", "il"];

/// Whether these are names of people or agencies, and not what was made or what happened.
fn is_name(text: &str) -> bool {
    let separates = |c: char| c.is_whitespace() || "（）()【】[]|｜·・•/／,，、;；.。&＆".contains(c);
    let words: Vec<&str> = text.split(separates).filter(|word| !word.is_empty()).collect();
    let is_part = |word: &&str| {
        let letters = word.chars().count();
        match word.chars().next() {
            // 王小明, 视觉中国, アレクサンドル.
            Some(first) if is_cjk(first) => {
                letters <= if word.chars().any(|c| matches!(c, 'ァ'..='ヺ')) { 10 } else { 5 }
            }
            Some(first) => {
                first.is_alphabetic() && !first.is_lowercase()
                    || PARTICLES.contains(&word.to_lowercase().as_str())
            }
            None => false,
        }
    };
    let begins = words.first().map(|word| word.to_lowercase());
    begins.is_some_and(|word| !ARTICLES.contains(&word.as_str()))
        && words.len() <= 12
        && words.iter().all(is_part)
}

/// Whether a paragraph is none of the article, at its head as at its end.
fn is_around(block: &Block, text: &str) -> bool {
    let has_link = || block.lines().into_iter().flatten().any(|span| span.link.is_some());
    AROUND.is_match(text) || OTHER_VERSION.is_match(text) && has_link()
}

/// Several links with nothing but strokes between them.
fn is_menu(block: &Block) -> bool {
    let Some(line) = block.line() else { return false };
    let (links, others): (Vec<&Span>, Vec<&Span>) = line.iter().partition(|span| span.link.is_some());
    let strokes = |span: &Span| span.text.chars().all(|c| c.is_whitespace() || "|｜·•/-–—".contains(c));
    links.len() > 1 && !others.is_empty() && others.into_iter().all(strokes)
}

fn is_way_on(block: &Block) -> bool {
    let Some(line) = block.line() else { return false };
    let text = blocks::text(line);
    READ_MORE.is_match(text.trim()) && line.iter().any(|span| span.link.is_some())
}

/// Where a list of other articles begins that goes on to the end.
fn related_from(all: &[Block], site: Option<&str>) -> Option<usize> {
    let at = all
        .iter()
        .rposition(|block| block.line().is_some_and(|l| RELATED.is_match(blocks::text(l).trim())))?;
    let mut rest = all.iter().skip(at + 1).peekable();
    rest.peek()?;
    rest.all(|block| match block {
        Block::Rule | Block::Figure(..) => true,
        block => {
            is_tail(block)
                || is_extra_at_end(block, site)
                || (is_links_only(block) || is_titles(block)) && leads_home(block, site)
        }
    })
    .then_some(at)
}

/// Whether its links stay on the article's own site: what leads elsewhere, the author chose.
fn leads_home(block: &Block, site: Option<&str>) -> bool {
    let Some(site) = site else { return true };
    let name = |host: &str| host.trim_start_matches("www.").to_owned();
    let mut links = block.lines().into_iter().flatten().filter_map(|span| span.link.as_deref());
    links.all(|link| {
        let host = Url::parse(link).ok().and_then(|url| url.host_str().map(name));
        host.is_none_or(|host| host.ends_with(&name(site)) || name(site).ends_with(&host))
    })
}

/// A list of titles that have lost their links.
fn is_titles(block: &Block) -> bool {
    let is_title = |line: &Line| {
        let text = blocks::text(line);
        columns(&text) <= BYLINE_COLUMNS && !text.trim_end().ends_with(['.', '。', '!', '！', ';', '；'])
    };
    matches!(block, Block::List { numbers: None, .. }) && block.lines().into_iter().all(is_title)
}

fn is_links_only(block: &Block) -> bool {
    block.lines().into_iter().all(|line| {
        let linked: usize = line.iter().filter(|s| s.link.is_some()).map(|s| columns(&s.text)).sum();
        linked * 10 >= columns(&blocks::text(line)) * 7
    })
}

fn strip_head(all: &mut Vec<Block>, known: &EntryFacts<'_>, repeated: &RepeatedBlocks) {
    // A picture may stand before the byline.
    let mut at = 0;
    let mut looked = 0;
    while looked < REACH {
        let Some(block) = all.get_mut(at) else { break };
        looked += 1;
        match block {
            Block::Figure(..) => at += 1,
            Block::Rule => {
                all.remove(at);
            }
            Block::Heading(_, line) if is_title(line, known) => {
                all.remove(at);
            }
            block if repeated.at_start(block) => {
                all.remove(at);
            }
            block @ Block::Paragraph(_)
                if is_around(block, block.text().trim()) || is_credits(&block.text()) =>
            {
                if !all.iter().skip(at + 1).any(has_words) {
                    break;
                }
                all.remove(at);
            }
            Block::Paragraph(paragraph) => {
                let lines = head_lines(&paragraph.line, known);
                if lines == paragraph.line {
                    at += 1;
                    // Prose has begun.
                    if columns(&blocks::text(&lines)) > BYLINE_COLUMNS {
                        break;
                    }
                } else if blocks::is_blank(&lines) {
                    all.remove(at);
                } else {
                    paragraph.line = lines;
                    at += 1;
                }
            }
            _ => break,
        }
    }
}

/// A paragraph at the head, without its lines that only repeat what is known.
fn head_lines(line: &Line, known: &EntryFacts<'_>) -> Line {
    let mut kept: Vec<Line> = Vec::new();
    for line in split(line) {
        let text = blocks::text(&line);
        let text = text.trim();
        let repeats = text.is_empty()
            || text == "null"
            || STAMP.is_match(text)
            || is_byline(text, known)
            || (is_title(&line, known) && !line.iter().any(|s| s.link.is_some()));
        if !repeats {
            kept.push(without_null(line));
        }
    }
    let mut joined = Line::new();
    for (i, line) in kept.into_iter().enumerate() {
        if i > 0 {
            blocks::push(&mut joined, Span { text: "\n".into(), ..Span::default() });
        }
        line.into_iter().for_each(|span| blocks::push(&mut joined, span));
    }
    tidy(joined)
}

/// An author that a template did not know.
fn without_null(mut line: Line) -> Line {
    if let Some(first) = line.first_mut()
        && let Some(rest) = first.text.trim_start().strip_prefix("null ")
    {
        first.text = rest.to_owned();
    }
    line
}

fn split(line: &Line) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    for span in line {
        for (i, text) in span.text.split('\n').enumerate() {
            if i > 0 {
                lines.push(Line::new());
            }
            if let (Some(last), false) = (lines.last_mut(), text.is_empty()) {
                blocks::push(
                    last,
                    Span { text: text.to_owned(), link: span.link.clone(), styles: span.styles },
                );
            }
        }
    }
    lines
}

fn is_title(line: &Line, known: &EntryFacts<'_>) -> bool {
    known.title.is_some_and(|title| {
        let text = letters(&blocks::text(line));
        !text.is_empty() && text == letters(title)
    })
}

/// The author's name or a date, with "by", the source, the reading time.
fn is_byline(text: &str, known: &EntryFacts<'_>) -> bool {
    if columns(text) > BYLINE_COLUMNS {
        return false;
    }
    let mut rest = text.to_owned();
    let mut repeats = false;
    for author in known.authors.iter().filter(|a| a.chars().count() > 1) {
        repeats |= rest.contains(author);
        rest = rest.replace(author, " ");
    }
    for part in rest.split(['·', '|', '｜', '•', '\u{3000}', '/']).map(str::trim) {
        let plain = BYLINE_WORDS.replace(part, "");
        let plain = plain.trim_matches([' ', ',', '，', '、', '&', '—', '–', '-']);
        if STAMP.is_match(part) {
            repeats = true;
        } else if !plain.is_empty() && !SOURCE.is_match(part) {
            return false;
        }
    }
    repeats
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The blocks that a feed puts before and after its articles, found by their coming back.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct RepeatedBlocks {
    starts: HashSet<u64>,
    ends: HashSet<u64>,
}

impl RepeatedBlocks {
    /// Of a feed's articles, each as its blocks.
    pub(super) fn of(articles: &[Vec<Block>]) -> Self {
        let starts = articles.iter().map(|blocks| blocks.iter().take(REACH).filter_map(hash).collect());
        let ends = articles.iter().map(|blocks| blocks.iter().rev().take(REACH).filter_map(hash).collect());
        Self { starts: often(starts, articles.len()), ends: often(ends, articles.len()) }
    }

    fn at_start(&self, block: &Block) -> bool {
        hash(block).is_some_and(|hash| self.starts.contains(&hash))
    }

    fn at_end(&self, block: &Block) -> bool {
        hash(block).is_some_and(|hash| self.ends.contains(&hash))
    }
}

/// Whether the texts of a feed have any words in common that could be a block of its own. What stands between
/// two tags is looked at without numbers, signs and capitals, as [`hash`] does: a block that recurs has such
/// pieces that recur.
pub(super) fn may_repeat<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let pieces = |html: &'a str| -> HashSet<u64> {
        let between = html.split(['<', '\n']).map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        between.filter_map(hash_of_letters).collect()
    };
    let texts: Vec<HashSet<u64>> = texts.map(pieces).collect();
    let count = texts.len();
    !often(texts.into_iter(), count).is_empty()
}

/// The letters of a text, hashed; none if it has none.
fn hash_of_letters(text: &str) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut is_any = false;
    for c in text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase) {
        is_any = true;
        hasher.write_u32(c.into());
    }
    is_any.then(|| hasher.finish())
}

fn often(all: impl Iterator<Item = HashSet<u64>>, articles: usize) -> HashSet<u64> {
    let least = LEAST_REPEATED.max((articles as f64 * LEAST_SHARE).ceil() as usize);
    if articles < least {
        return HashSet::new();
    }
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for hash in all.flatten() {
        *counts.entry(hash).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count >= least).map(|(hash, _)| hash).collect()
}

/// The words of a block without their numbers, which change from day to day, and where its
/// links lead. None for what has too few words to be a footer, and for headings.
fn hash(block: &Block) -> Option<u64> {
    let text = block.text();
    if columns(&text) < LEAST_FOOTER || matches!(block, Block::Heading(..)) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    let words = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase);
    words.collect::<String>().hash(&mut hasher);
    block
        .lines()
        .into_iter()
        .flatten()
        .filter_map(|span| span.link.as_deref())
        .for_each(|l| l.hash(&mut hasher));
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::super::build::build;
    use super::*;

    #[test]
    fn only_texts_with_words_in_common_are_looked_at() {
        let texts = |footer: &dyn Fn(usize) -> String| -> Vec<String> {
            ["ferry", "storm", "council", "school", "market", "bridge"]
                .iter()
                .enumerate()
                .map(|(i, word)| format!("<p>The {word} is news.</p>{}", footer(i)))
                .collect()
        };
        let may = |texts: Vec<String>| may_repeat(texts.iter().map(String::as_str));
        assert!(!may(texts(&|_| String::new())));
        assert!(may(texts(&|i| format!("<p>Follow <a href=x>us</a> on page {i}, everywhere!</p>"))));
        assert!(may(texts(&|i| if i % 3 == 0 { String::new() } else { "Read it on our page".into() })));
        assert!(!may(texts(&|i| if i > 2 { String::new() } else { "Read it on our page".into() })));
    }

    fn last(paragraph: &str) -> bool {
        let mut all =
            build(&format!("<p>The first paragraph of an article.</p><p>{paragraph}</p>"), None, &[]);
        strip(
            &mut all,
            &EntryFacts { site: Some("courier.example"), ..EntryFacts::default() },
            &RepeatedBlocks::default(),
        );
        all.len() == 2
    }

    #[test]
    fn a_last_paragraph_that_only_mentions_what_a_footer_says_stays() {
        for paragraph in [
            "The last line of every document she signed for forty years, and the title of her memoir, was: All rights reserved.",
            "Alle Rechte vorbehalten, so stand es unter dem Vertrag, den er nie gelesen hatte.",
            "The virus appeared first on a farm in the east, and spread within a week to the city.",
            "My reader now uses feed43 and rss.app to build the feeds that the papers no longer give.",
            "I moved my bookmarks from del.icio.us to a text file in 2009, and never looked back.",
            "Categories: there are three of them, and each has its own prize.",
            "法院认定，这部小说的版权所有人是作者的女儿，出版社须赔偿三百万元。",
        ] {
            assert!(last(paragraph), "{paragraph}");
        }
    }

    #[test]
    fn a_footer_goes_whatever_it_says() {
        for paragraph in [
            "© 2026 The Courier. All rights reserved.",
            "All rights reserved.",
            "Alle Rechte vorbehalten",
            "© 2024年港口之声版权声明：本文所有内容受到著作权法保护，如无特别授权，不得擅自使用。",
            "The post <a href=https://courier.example/a>Ferry</a> appeared first on <a href=https://courier.example>Courier</a>.",
            "-- Delivered by <a href=https://feed43.com>Feed43</a> service",
            "Tags: <a href=/t/1>ferry</a>, <a href=/t/2>fog</a>",
            "<a href=https://courier.example/a>Continue reading</a>",
        ] {
            assert!(!last(paragraph), "{paragraph}");
        }
    }

    #[test]
    fn credits_are_names_and_their_trades() {
        for text in [
            "Text: Jan Mohr, Fotos: Eva Lind",
            "（翻譯：周小滿　校對：林大海）",
            "Words by Kate Marsh.",
            "文・写真＝山田太郎",
            "编辑：王小明 责编：李四",
            "摄影：视觉中国",
            "Übersetzung: Anna van der Meer und Leo Ash",
        ] {
            assert!(is_credits(text), "{text}");
        }
        for text in [
            "Writing by hand slows you down.",
            "Reporting by phone is easy",
            "Editor: fix crash when opening large files.",
            "Images: support for WebP.",
            "Translation: updated Czech and German",
            "Text: 40 % mehr Leser",
            "Redaktion: neue Leitung ab Mai",
            "Foto: Der Hafen im Winter, vom Turm aus",
            "设计：极简主义的回归",
            "图：2025年全球气温",
            "文：这个字在甲骨文里像一个胸前有花纹的人，后来才有文章的意思",
            "记者：您为什么来到这里",
        ] {
            assert!(!is_credits(text), "{text}");
        }
    }

    #[test]
    fn a_sentence_or_a_strangers_link_at_the_end_is_the_articles() {
        for paragraph in [
            "See also: <a href=https://other.example/paper>The paper by Smith and Lee</a>",
            "Related: my father died last week.",
            "Read more: that was my resolution for this year.",
            "Mehr zum Thema: am Sonntag um 20 Uhr im Rathaus",
            "相关报道：本报今日第三版有详细地图和乘船指南。",
        ] {
            assert!(last(paragraph), "{paragraph}");
        }
        assert!(!last("See also: <a href=https://courier.example/map>The map of the harbour</a>"));
        assert!(!last("延伸阅读：港口三十年"));
    }

    #[test]
    fn what_is_all_that_an_entry_says_stays() {
        for paragraph in [
            "Related: <a href=https://courier.example/map>The map of the harbour</a>",
            "Photo: Eva Lind",
            "作者简介：林大海，港口作家，著有小说三部。",
            "Translation: Anna Meer",
        ] {
            for html in [
                format!("<p>{paragraph}</p>"),
                format!("<p>{paragraph}</p><img src=https://p.example/a.jpg width=600>"),
            ] {
                let mut all = build(&html, None, &[]);
                strip(
                    &mut all,
                    &EntryFacts { site: Some("courier.example"), ..EntryFacts::default() },
                    &RepeatedBlocks::default(),
                );
                assert!(all.iter().any(has_words), "{html}");
            }
        }
    }
}
