//! A picture made fit for a mail: turned upright, cut to its shape, no larger than it is
//! shown, and in a format that every mail program knows. Pure; the door to `image`.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage};
use sha2::{Digest as _, Sha256};

use crate::model::{Logo, PictureShape};

/// Twice what is shown, for screens that have two dots where others have one.
fn size(shape: PictureShape) -> (u32, u32) {
    match shape {
        PictureShape::Lead => (1280, 720),
        PictureShape::Large => (1152, 576),
        PictureShape::Row => (216, 162),
    }
}

/// A picture as it is sent, a JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    pub bytes: Vec<u8>,
    pub width: u32,
}

/// How high a logo is shown, and how wide at most: a sheet without its gutters.
const LOGO_HEIGHT: u32 = 44;
const LOGO_MOST_WIDTH: u32 = 576;
/// Of a narrower one nothing can be told.
const LOGO_LEAST: u32 = 16;
/// Its letters show what a photograph hides.
const LOGO_QUALITY: u8 = 92;

/// Artefacts of compression begin to show below.
const QUALITY: u8 = 75;
/// What a picture may take unpacked: a photograph of 24 megapixels, not a bomb. Of a progressive
/// JPEG, the decoder holds twice as much besides.
const MOST_SIDE: u32 = 12_000;
const MOST_PIXELS: u64 = 24_000_000;
const MOST_MEMORY: u64 = 96_000_000;

/// One picture is unpacked at a time: what one may take, forty may not take together.
static UNPACKING: Mutex<()> = Mutex::new(());

/// The picture in a shape. None for what is no picture, a dangerous one, or one too small to be
/// shown so.
/// `shown` is how wide its page shows it, where that is known: so it may be blown up.
pub fn fit(bytes: &[u8], shape: PictureShape, shown: Option<u32>) -> Option<Fitted> {
    let _one_at_a_time = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
    let picture = unpack(bytes)?;
    // Cut before it is resized: a line of 12000 by 1 would be blown up to the height of its shape.
    let (width, height) = size(shape);
    let cut = cut_to(&picture, (width, height))?;
    if !shape.takes(cut.width().max(shown.unwrap_or(0))) {
        return None;
    }
    let fitted =
        if cut.width() > width { cut.resize_exact(width, height, FilterType::Triangle) } else { cut };
    Some(Fitted { bytes: jpeg(&fitted, WHITE, QUALITY)?, width: fitted.width() })
}

/// A picture in a book fills the screen of an e-reader at most.
const PAGE: (u32, u32) = (1200, 1600);
/// Smaller ones show nothing: pixels that count readers.
const LEAST_SIDE: u32 = 16;

/// The whole picture as a book has it, a JPEG; never blown up. None for what is no picture, a dangerous
/// one, or one too small to be seen.
pub fn for_page(bytes: &[u8]) -> Option<Vec<u8>> {
    let _one_at_a_time = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
    let picture = unpack(bytes)?;
    if picture.width() < LEAST_SIDE || picture.height() < LEAST_SIDE {
        return None;
    }
    let (width, height) = PAGE;
    let is_large = picture.width() > width || picture.height() > height;
    let fitted = if is_large { picture.resize(width, height, FilterType::Triangle) } else { picture };
    jpeg(&fitted, WHITE, QUALITY)
}

/// The owner's logo as a masthead shows it; never blown up. `ground` is what shows through it.
///
/// # Errors
/// What is wrong with it.
pub fn logo(bytes: &[u8], ground: [u8; 3]) -> Result<Logo, String> {
    let picture = unpack(bytes).ok_or(format!(
        "no picture that can be read (a PNG, JPEG, GIF or WebP of at most {} million pixels)",
        MOST_PIXELS / 1_000_000
    ))?;
    let (whole_width, whole_height) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale =
        (f64::from(LOGO_HEIGHT) / whole_height).min(f64::from(LOGO_MOST_WIDTH) / whole_width).min(1.0);
    let scaled = |side: f64, by: f64| ((side * by).round() as u32).max(1);
    let (width, height) = (scaled(whole_width, scale), scaled(whole_height, scale));
    if width < LOGO_LEAST || height < LOGO_LEAST {
        return Err(format!("too narrow or too small: it would be shown {width} by {height} pixels"));
    }
    // Twice as large in the file, where there is so much of it.
    let fitted = if picture.height() > 2 * height {
        picture.resize_exact(2 * width, 2 * height, FilterType::Lanczos3)
    } else {
        picture
    };
    let bytes = jpeg(&fitted, ground, LOGO_QUALITY).ok_or("no picture that can be written again")?;
    Ok(Logo { name: name(&bytes), bytes, width, height })
}

/// By its content: the same picture has the same name wherever it is shown.
pub fn name(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)).chars().take(16).collect()
}

/// Upright, and within what memory there is.
fn unpack(bytes: &[u8]) -> Option<DynamicImage> {
    if is_cut_off(bytes) {
        return None;
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    Some(picture)
}

/// Of a JPEG that ends too soon the rest would be grey. It ends with a mark (EOI, ITU T.81 B.1.1.3),
/// behind which some cameras leave something.
fn is_cut_off(bytes: &[u8]) -> bool {
    let end = bytes.get(bytes.len().saturating_sub(8192)..).unwrap_or_default();
    bytes.starts_with(&[0xff, 0xd8]) && !end.windows(2).any(|mark| mark == [0xff, 0xd9])
}

fn jpeg(picture: &DynamicImage, ground: [u8; 3], quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&on_ground(picture, ground)).ok()?;
    Some(bytes)
}

/// The largest part of these proportions: the middle of what is too wide; of what is too tall the
/// middle too, which cuts the bars off a film's still, but of a portrait the top, where the face is.
fn cut_to(picture: &DynamicImage, (width, height): (u32, u32)) -> Option<DynamicImage> {
    let (whole_width, whole_height) = (picture.width(), picture.height());
    let scaled =
        |side: u32, by: u32, of: u32| u32::try_from(u64::from(side) * u64::from(by) / u64::from(of)).ok();
    let tall = scaled(whole_width, height, width)?.max(1);
    if tall <= whole_height {
        let spare = whole_height - tall;
        let top = if whole_height > whole_width { spare / 8 } else { spare / 2 };
        return Some(picture.crop_imm(0, top, whole_width, tall));
    }
    let wide = scaled(whole_height, width, height)?;
    (wide > 0).then(|| picture.crop_imm((whole_width - wide) / 2, 0, wide, whole_height))
}

const WHITE: [u8; 3] = [255; 3];

/// JPEG knows no transparency.
fn on_ground(picture: &DynamicImage, ground: [u8; 3]) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    let blend = |colour: u8, ground: u8, alpha: u8| {
        let (colour, ground, alpha) = (u16::from(colour), u16::from(ground), u16::from(alpha));
        ((colour * alpha + ground * (255 - alpha)) / 255) as u8
    };
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        Rgb([blend(r, ground[0], a), blend(g, ground[1], a), blend(b, ground[2], a)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PictureShape::{Large, Lead, Row};

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = image::RgbaImage::from_fn(width, height, |x, _| image::Rgba([x as u8, 90, 0, 128]));
        picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    }

    fn fitted(bytes: &[u8], shape: PictureShape) -> Option<(u32, u32)> {
        let fitted = fit(bytes, shape, None)?;
        let picture = image::load_from_memory(&fitted.bytes).unwrap();
        assert_eq!(picture.width(), fitted.width);
        Some((picture.width(), picture.height()))
    }

    #[test]
    fn pictures_take_the_shape_of_their_place_and_are_never_blown_up() {
        for (width, height, shape, expected) in [
            (2400, 1200, Lead, Some((1280, 720))),
            (600, 4000, Lead, Some((600, 337))),
            (480, 360, Lead, Some((480, 270))),
            (479, 360, Lead, None),
            (2400, 300, Lead, Some((533, 300))),
            (1600, 1600, Large, Some((1152, 576))),
            (400, 300, Large, Some((400, 200))),
            (900, 100, Large, None),
            (900, 500, Row, Some((216, 162))),
            (96, 400, Row, Some((96, 72))),
            (12_000, 1, Row, None),
            (1, 12_000, Row, None),
        ] {
            assert_eq!(fitted(&png(width, height), shape), expected, "{width} by {height}");
        }
    }

    #[test]
    fn a_logo_is_44_pixels_high_or_as_wide_as_the_sheet_and_stands_on_its_colour() {
        let shown = |width, height| {
            let logo = logo(&png(width, height), [0xff, 0xfd, 0xf9]).unwrap();
            let file = image::load_from_memory(&logo.bytes).unwrap();
            (logo.width, logo.height, file.width(), file.height())
        };
        assert_eq!(shown(600, 200), (132, 44, 264, 88));
        assert_eq!(shown(132, 44), (132, 44, 132, 44));
        assert_eq!(shown(2000, 80), (576, 23, 1152, 46));
        assert!(logo(b"<svg/>", [0; 3]).is_err());
        assert!(logo(&png(4, 4), [0; 3]).unwrap_err().contains("4 by 4 pixels"));
        let clear = image::RgbaImage::from_pixel(40, 40, image::Rgba([0, 0, 0, 0]));
        let mut bytes = Vec::new();
        clear.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        let on_red = image::load_from_memory(&logo(&bytes, [200, 0, 0]).unwrap().bytes).unwrap().to_rgb8();
        assert!(on_red.get_pixel(20, 20)[0] > 190, "{:?}", on_red.get_pixel(20, 20));
    }

    #[test]
    fn a_films_still_loses_its_bars_and_a_portrait_keeps_its_head() {
        let still = RgbImage::from_fn(480, 360, |_, y| {
            if (45..315).contains(&y) { Rgb([200, 200, 200]) } else { Rgb([0, 0, 0]) }
        });
        let portrait = RgbImage::from_fn(600, 1200, |_, y| {
            if (200..400).contains(&y) { Rgb([220, 180, 160]) } else { Rgb([0, 0, 90]) }
        });
        for (picture, shape) in [(still, Lead), (portrait, Row)] {
            let mut bytes = Vec::new();
            picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
            let fitted = image::load_from_memory(&fit(&bytes, shape, None).unwrap().bytes).unwrap().to_rgb8();
            let is_light = |pixel: &Rgb<u8>| pixel[0] > 150;
            let rows =
                (0..fitted.height()).filter(|y| is_light(fitted.get_pixel(fitted.width() / 2, *y))).count();
            let whole = fitted.height() as usize;
            assert!(
                if shape == Lead { rows > whole - 4 } else { rows > whole * 4 / 10 },
                "{rows} of {whole}"
            );
        }
    }

    #[test]
    fn half_a_photograph_is_none() {
        let mut bytes = Vec::new();
        let photograph = RgbImage::from_fn(800, 600, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
        photograph.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
        assert!(fit(&bytes, Lead, None).is_some());
        assert_eq!(fit(&bytes[..bytes.len() / 2], Lead, None), None);
    }

    #[test]
    fn what_is_no_picture_or_a_bomb_is_none() {
        assert_eq!(fit(b"<html>not found</html>", Lead, None), None);
        assert_eq!(fit(&[], Lead, None), None);
        let mut bomb = png(8, 8);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        assert_eq!(fit(&bomb, Lead, None), None);
        // Within the limit of each side, but not of both.
        let mut wide = png(8, 8);
        wide[16..20].copy_from_slice(&11_000u32.to_be_bytes());
        wide[20..24].copy_from_slice(&11_000u32.to_be_bytes());
        assert_eq!(fit(&wide, Lead, None), None);
    }

    #[test]
    fn a_picture_that_is_small_packed_and_huge_unpacked_is_none_before_it_is_unpacked() {
        let mut bytes = Vec::new();
        let picture = image::GrayImage::new(6000, 5000);
        picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        assert!(bytes.len() < 200_000);
        assert_eq!(fit(&bytes, Lead, None), None);
    }
}
