//! The QR code in a picture: PNG or JPEG, within limits, decoded beside the other requests.

use std::io::Cursor;

use axum::body::Bytes;
use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};

/// Longest side of a picture.
const MAX_SIDE: u32 = 8192;
/// Most memory that decoding may take.
const MAX_MEMORY: u64 = 256 << 20;
/// Longest side that is searched: a photograph is made smaller first.
const SEARCHED_SIDE: u32 = 1600;

/// The text of the one QR code in the picture.
///
/// # Errors
/// The key of the message that says why not.
pub(super) async fn read(picture: Bytes) -> Result<String, &'static str> {
    let read = tokio::task::spawn_blocking(move || read_now(&picture));
    read.await.unwrap_or(Err("page_wallet.picture_unreadable"))
}

fn read_now(picture: &[u8]) -> Result<String, &'static str> {
    const UNREADABLE: &str = "page_wallet.picture_unreadable";
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format().map_err(|_| UNREADABLE)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err("page_wallet.picture_kind");
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut picture = reader.decode().map_err(|_| UNREADABLE)?;
    if picture.width().max(picture.height()) > SEARCHED_SIDE {
        picture = picture.resize(SEARCHED_SIDE, SEARCHED_SIDE, FilterType::Triangle);
    }
    let grey = picture.into_luma8();
    let (width, height) = (usize::try_from(grey.width()), usize::try_from(grey.height()));
    let (Ok(width), Ok(height)) = (width, height) else { return Err(UNREADABLE) };
    let dots = grey.into_raw();
    let dot = |x: usize, y: usize| dots.get(y * width + x).copied().unwrap_or(255);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, dot);
    let grids = prepared.detect_grids();
    let mut texts = grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text);
    match (texts.next(), texts.next()) {
        (Some(text), None) => Ok(text),
        (Some(_), Some(_)) => Err("page_wallet.picture_several"),
        (None, _) => Err("page_wallet.picture_none"),
    }
}
