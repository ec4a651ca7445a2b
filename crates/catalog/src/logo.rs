use portage_reason::Reason;

/// The most bytes a logo may have.
pub const MAX_LOGO_BYTES: usize = 256 << 10;
/// The most pixels a logo may have along a side.
pub const MAX_LOGO_SIDE: u32 = 4096;

/// The picture on a type's card: a PNG or a JPEG within the limits.
///
/// What it is stands in its bytes, whatever its name or its `Content-Type` says. They are walked, not decoded: nothing here draws, and a
/// picture of a few bytes that would unfold to gigabytes is refused by the size that it states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    bytes: Vec<u8>,
    media_type: LogoMediaType,
}

/// The kinds of picture that a logo may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoMediaType {
    /// `image/png`.
    Png,
    /// `image/jpeg`.
    Jpeg,
}

/// Why bytes are no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// Over [`MAX_LOGO_BYTES`] or [`MAX_LOGO_SIDE`].
    #[error("the logo is over the limit of 256 KiB and 4096 × 4096 pixels")]
    TooLarge,
    /// SVG, GIF, WebP and everything else that is not PNG or JPEG.
    #[error("the logo is neither a PNG nor a JPEG")]
    Unsupported,
    /// It begins like one and is not whole.
    #[error("the logo is a damaged picture")]
    Malformed,
}

impl LogoError {
    /// The verdict: `too_large`, `unsupported`, `malformed`.
    pub const fn reason(self) -> Reason {
        match self {
            LogoError::TooLarge => Reason::TooLarge,
            LogoError::Unsupported => Reason::Unsupported,
            LogoError::Malformed => Reason::Malformed,
        }
    }
}

impl LogoMediaType {
    /// The media type.
    pub const fn name(self) -> &'static str {
        match self {
            LogoMediaType::Png => "image/png",
            LogoMediaType::Jpeg => "image/jpeg",
        }
    }

    /// The name of the file in the type's folder.
    pub const fn file_name(self) -> &'static str {
        match self {
            LogoMediaType::Png => "logo.png",
            LogoMediaType::Jpeg => "logo.jpg",
        }
    }
}

impl Logo {
    /// Reads a picture from its bytes.
    ///
    /// # Errors
    /// [`LogoError`].
    pub fn read(bytes: &[u8]) -> Result<Self, LogoError> {
        if bytes.len() > MAX_LOGO_BYTES {
            return Err(LogoError::TooLarge);
        }
        let (media_type, size) = if let Some(chunks) = bytes.strip_prefix(PNG_SIGNATURE) {
            (LogoMediaType::Png, png_size(chunks))
        } else if let Some(segments) = bytes.strip_prefix(JPEG_START) {
            (LogoMediaType::Jpeg, jpeg_size(segments))
        } else {
            return Err(LogoError::Unsupported);
        };
        match size {
            None | Some((0, _) | (_, 0)) => Err(LogoError::Malformed),
            Some((width, height)) if width > MAX_LOGO_SIDE || height > MAX_LOGO_SIDE => {
                Err(LogoError::TooLarge)
            }
            Some(_) => Ok(Logo { bytes: bytes.to_vec(), media_type }),
        }
    }

    /// The picture.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it is.
    pub const fn media_type(&self) -> LogoMediaType {
        self.media_type
    }
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The marker SOI, and the first byte of the marker after it.
const JPEG_START: &[u8] = b"\xff\xd8\xff";
const JPEG_END: [u8; 2] = [0xff, 0xd9];

/// Width and height of a PNG whose chunks go from IHDR to IEND and end there (PNG §5.3, §11.2).
fn png_size(chunks: &[u8]) -> Option<(u32, u32)> {
    let mut size = None;
    let mut rest = chunks;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (name, after) = after.split_first_chunk::<4>()?;
        let (data, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let (_crc, after) = after.split_first_chunk::<4>()?;
        match (name, size) {
            (b"IHDR", None) if data.len() == 13 => {
                let (width, data) = data.split_first_chunk::<4>()?;
                let (height, _) = data.split_first_chunk::<4>()?;
                size = Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)));
            }
            (b"IHDR", _) | (_, None) => return None,
            (b"IEND", size) => return if after.is_empty() { size } else { None },
            _ => {}
        }
        rest = after;
    }
}

/// Width and height of a JPEG that has a frame and an end (ITU-T T.81 §B.1, §B.2.2).
fn jpeg_size(segments: &[u8]) -> Option<(u32, u32)> {
    // `JPEG_START` took the first byte of the first marker.
    let mut rest = segments;
    loop {
        let (&marker, after) = rest.split_first()?;
        if marker == 0xff {
            rest = after;
            continue;
        }
        let (length, _) = after.split_first_chunk::<2>()?;
        let (segment, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        if is_start_of_frame(marker) {
            let (height, segment) = segment.get(3..)?.split_first_chunk::<2>()?;
            let (width, _) = segment.split_first_chunk::<2>()?;
            let has_end = after.windows(2).any(|marker| marker == JPEG_END);
            let size = (u16::from_be_bytes(*width).into(), u16::from_be_bytes(*height).into());
            return has_end.then_some(size);
        }
        // The scan and the end come after the frame; length bytes below two would not move on.
        if matches!(marker, 0xd8..=0xda) || segment.len() < 2 {
            return None;
        }
        let (&[0xff], after) = after.split_first_chunk::<1>()? else { return None };
        rest = after;
    }
}

/// SOF0 to SOF15, without DHT, JPG and DAC, which stand among them.
const fn is_start_of_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A PNG of that size: header, an empty body, end.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = PNG_SIGNATURE.to_vec();
        let header: Vec<u8> =
            [&width.to_be_bytes()[..], &height.to_be_bytes()[..], &[8, 6, 0, 0, 0]].concat();
        for (name, data) in [(b"IHDR", header.as_slice()), (b"IDAT", &[]), (b"IEND", &[])] {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(name);
            bytes.extend(data);
            bytes.extend([0; 4]);
        }
        bytes
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"\xff\xd8\xff\xe0\x00\x04JF\xff\xff\xc2\x00\x0b\x08".to_vec();
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend(b"\x01\x01\x11\x00\xff\xda\x00\x02\x00\xff\xd9");
        bytes
    }

    #[test]
    fn png_and_jpeg_are_told_by_their_bytes() {
        let logo = Logo::read(&png(320, 4096)).unwrap();
        assert_eq!((logo.media_type().name(), logo.media_type().file_name()), ("image/png", "logo.png"));
        let logo = Logo::read(&jpeg(4096, 1)).unwrap();
        assert_eq!((logo.media_type().name(), logo.media_type().file_name()), ("image/jpeg", "logo.jpg"));
        for other in
            [&b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..], b"GIF89a", b"RIFF....WEBP", b"", b"\x89PN"]
        {
            assert_eq!(Logo::read(other), Err(LogoError::Unsupported), "{other:?}");
        }
    }

    #[test]
    fn a_logo_over_the_limits_is_too_large() {
        for (width, height) in [(4097, 1), (1, 4097), (u32::MAX, u32::MAX)] {
            assert_eq!(Logo::read(&png(width, height)), Err(LogoError::TooLarge));
        }
        assert_eq!(Logo::read(&jpeg(4097, 1)), Err(LogoError::TooLarge));
        let mut long = jpeg(1, 1);
        long.resize(MAX_LOGO_BYTES, 0);
        assert!(Logo::read(&long).is_ok());
        long.push(0);
        assert_eq!(Logo::read(&long), Err(LogoError::TooLarge));
    }

    #[test]
    fn a_damaged_picture_is_malformed_wherever_it_is_cut() {
        for whole in [png(8, 8), jpeg(8, 8)] {
            for end in 8..whole.len() {
                assert_eq!(Logo::read(&whole[..end]), Err(LogoError::Malformed), "{end}");
            }
        }
        assert_eq!(Logo::read(&png(0, 8)), Err(LogoError::Malformed));
        let trailing = [png(8, 8), b"<script>".to_vec()].concat();
        assert_eq!(Logo::read(&trailing), Err(LogoError::Malformed));
    }
}
