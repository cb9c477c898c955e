//! A picture made fit for a mail: turned upright, cut to its slot, no larger than it is
//! shown, and in a format that every mail program knows. Pure; the door to `image`.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage};

/// How a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Over the first story, as wide as the text.
    Lead,
    /// Beside a story, a small square.
    Thumb,
    /// In an article's text.
    Inside,
}

/// Twice what is shown, for screens that have two dots where others have one.
const LEAD_WIDTH: u32 = 1152;
const THUMB_SIDE: u32 = 192;
/// A lead is no taller than three quarters of its width.
const LEAD_TALLEST: (u32, u32) = (3, 4);
/// Artefacts of compression begin to show below.
const QUALITY: u8 = 80;
/// What a picture may take unpacked: a photograph of 24 megapixels, not a bomb. Of a progressive
/// JPEG, the decoder holds twice as much besides.
const MOST_SIDE: u32 = 12_000;
const MOST_PIXELS: u64 = 24_000_000;
const MOST_MEMORY: u64 = 96_000_000;

/// One picture is unpacked at a time: what one may take, forty may not take together.
static UNPACKING: Mutex<()> = Mutex::new(());

/// The picture as a JPEG. None for what is no picture, or a dangerous one.
pub fn fit(bytes: &[u8], slot: Slot) -> Option<Vec<u8>> {
    let _one_at_a_time = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
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
    let picture = match slot {
        Slot::Thumb => middle_square(picture).resize(THUMB_SIDE, THUMB_SIDE, FilterType::Triangle),
        Slot::Lead => narrowed(upper_part(picture)),
        Slot::Inside => narrowed(picture),
    };
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, QUALITY).encode_image(&on_white(&picture)).ok()?;
    Some(out)
}

fn narrowed(picture: DynamicImage) -> DynamicImage {
    if picture.width() <= LEAD_WIDTH {
        return picture;
    }
    picture.resize(LEAD_WIDTH, u32::MAX, FilterType::Triangle)
}

/// Cut before it is resized: a line of 12000 by 1 would be blown up to the height of the square.
fn middle_square(picture: DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    picture.crop_imm((width - side) / 2, (height - side) / 2, side, side)
}

/// Of a tall picture the upper part, where the faces are.
fn upper_part(picture: DynamicImage) -> DynamicImage {
    let (part, whole) = LEAD_TALLEST;
    let tallest = (picture.width() / whole * part).max(1);
    if picture.height() <= tallest {
        return picture;
    }
    let top = (picture.height() - tallest) / 4;
    picture.crop_imm(0, top, picture.width(), tallest)
}

/// JPEG knows no transparency.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    let blend = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u16::from(colour), u16::from(alpha));
        ((colour * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        Rgb([blend(r, a), blend(g, a), blend(b, a)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = image::RgbaImage::from_fn(width, height, |x, _| image::Rgba([x as u8, 90, 0, 128]));
        picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    }

    fn size(bytes: &[u8], slot: Slot) -> Option<(u32, u32)> {
        let picture = image::load_from_memory(&fit(bytes, slot)?).unwrap();
        Some((picture.width(), picture.height()))
    }

    #[test]
    fn pictures_take_the_size_of_their_frame_and_are_never_blown_up() {
        assert_eq!(size(&png(2400, 1200), Slot::Lead), Some((1152, 576)));
        assert_eq!(size(&png(400, 4000), Slot::Lead), Some((400, 300)));
        assert_eq!(size(&png(300, 200), Slot::Lead), Some((300, 200)));
        assert_eq!(size(&png(900, 500), Slot::Thumb), Some((192, 192)));
        assert_eq!(size(&png(2304, 200), Slot::Inside), Some((1152, 100)));
        assert_eq!(
            size(&png(12_000, 1), Slot::Thumb),
            Some((192, 192)),
            "without a canvas of 2304000 by 192"
        );
    }

    #[test]
    fn what_is_no_picture_or_a_bomb_is_none() {
        assert_eq!(fit(b"<html>not found</html>", Slot::Lead), None);
        assert_eq!(fit(&[], Slot::Lead), None);
        let mut bomb = png(8, 8);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        assert_eq!(fit(&bomb, Slot::Lead), None);
        // Within the limit of each side, but not of both.
        let mut wide = png(8, 8);
        wide[16..20].copy_from_slice(&11_000u32.to_be_bytes());
        wide[20..24].copy_from_slice(&11_000u32.to_be_bytes());
        assert_eq!(fit(&wide, Slot::Lead), None);
    }

    #[test]
    fn a_picture_that_is_small_packed_and_huge_unpacked_is_none_before_it_is_unpacked() {
        let mut bytes = Vec::new();
        let picture = image::GrayImage::new(6000, 5000);
        picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        assert!(bytes.len() < 200_000);
        assert_eq!(fit(&bytes, Slot::Lead), None);
    }
}
