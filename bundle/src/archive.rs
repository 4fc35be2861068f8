//! ZIP archives, read with distrust and written always alike.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter, ZipSliceArchive, ZipSliceEntry};

use crate::path::Names;
use crate::{File, Refused};

/// The most files of one archive.
pub const MAX_FILES: u64 = 10_000;
/// The most bytes that its files may be together when they are unpacked.
pub const MAX_BYTES: u64 = 64 << 20;

/// Unpacks those files of an archive whose names are to be kept, in the order
/// of their names.
///
/// # Errors
/// [`Refused`] if the archive is damaged, has a name that leads elsewhere or
/// stands twice, or is larger than allowed.
pub fn read(bytes: &[u8], mut keep: impl FnMut(&str) -> bool) -> Result<Vec<File>, Refused> {
    read_up_to(bytes, |name| keep(name).then_some(MAX_BYTES))
}

/// As [`read`], of each file no more bytes than `most` says for its name.
pub(crate) fn read_up_to(bytes: &[u8], mut most: impl FnMut(&str) -> Option<u64>) -> Result<Vec<File>, Refused> {
    let archive = ZipArchive::from_slice(bytes).map_err(damaged)?;
    let (mut names, mut files) = (Names::default(), Vec::new());
    let (mut count, mut bytes_left) = (0_u64, MAX_BYTES);
    for entry in archive.entries() {
        let entry = entry.map_err(damaged)?;
        // Folders and files that are not kept are counted, too: they cost.
        count = count.saturating_add(1);
        if count > MAX_FILES {
            return Err(Refused::new(format!("holds more files than allowed. allowed=`{MAX_FILES}`")));
        }
        if entry.is_dir() {
            continue;
        }
        let name = names.add(entry.file_path().as_bytes())?;
        if let Some(most) = most(&name) {
            let content =
                unpack(&archive, &entry, bytes_left.min(most)).map_err(|error| error.unpacking(&name, most))?;
            bytes_left = bytes_left.saturating_sub(u64::try_from(content.len()).unwrap_or(u64::MAX));
            files.push((name, content));
        }
    }
    if count != archive.entries_hint() {
        return Err(damaged("its directory is cut off"));
    }
    files.sort_unstable();
    Ok(files)
}

/// Why one file cannot be unpacked.
enum Problem {
    Damaged(String),
    Method(CompressionMethod),
    TooLarge,
}

impl Problem {
    fn unpacking(self, name: &str, allowed: u64) -> Refused {
        match self {
            Self::Damaged(reason) => damaged(format!("{name}: {reason}")),
            Self::Method(method) => Refused::new(format!(
                "is packed in a way that is not supported; pack it with deflate, and without a password. \
                 file=`{name}` method=`{method}`"
            )),
            Self::TooLarge => {
                Refused::new(format!("is larger than allowed when it is unpacked. file=`{name}` allowed=`{allowed}`"))
            }
        }
    }
}

fn unpack(
    archive: &ZipSliceArchive<&[u8]>,
    header: &rawzip::ZipFileHeaderRecord<'_>,
    bytes_left: u64,
) -> Result<Vec<u8>, Problem> {
    let method = header.compression_method();
    if header.flags().is_encrypted() {
        return Err(Problem::Method(method));
    }
    let entry = archive.get_entry(header.wayfinder()).map_err(|error| Problem::Damaged(error.to_string()))?;
    match method {
        CompressionMethod::STORE => bounded(&entry, entry.data(), bytes_left),
        CompressionMethod::DEFLATE => bounded(&entry, DeflateDecoder::new(entry.data()), bytes_left),
        method => Err(Problem::Method(method)),
    }
}

/// Reads to the end, where length and checksum are compared, or one byte too
/// far. What the archive says of a file's length allocates nothing.
fn bounded(entry: &ZipSliceEntry<'_>, unpacked: impl std::io::Read, bytes_left: u64) -> Result<Vec<u8>, Problem> {
    let mut content = Vec::new();
    let mut reader = entry.verifying_reader(unpacked).take(bytes_left.saturating_add(1));
    reader.read_to_end(&mut content).map_err(|error| Problem::Damaged(error.to_string()))?;
    if u64::try_from(content.len()).is_ok_and(|length| length <= bytes_left) {
        Ok(content)
    } else {
        Err(Problem::TooLarge)
    }
}

/// Packs files. The same files are always the same bytes: they are sorted, and
/// have no time but the first that the format knows.
///
/// # Errors
/// [`Refused`] if a name is not allowed, or stands twice.
pub fn write(mut files: Vec<File>) -> Result<Vec<u8>, Refused> {
    files.sort_unstable();
    let mut names = Names::default();
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, content) in &files {
        let name = names.add(name.as_bytes())?;
        pack(&mut archive, &name, content)
            .map_err(|error| Refused::new(format!("cannot be packed. file=`{name}` reason=`{error}`")))?;
    }
    archive.finish().map_err(damaged)
}

fn pack(archive: &mut ZipArchiveWriter<Vec<u8>>, name: &str, content: &[u8]) -> Result<(), rawzip::Error> {
    // 1980-01-01, where the format's own times begin.
    let time = UtcDateTime::from_unix(315_532_800);
    let file = archive.new_file(name).compression_method(CompressionMethod::DEFLATE);
    let (mut entry, config) = file.last_modified(time).unix_permissions(0o644).start()?;
    let mut packed = config.wrap(DeflateEncoder::new(&mut entry, Compression::best()));
    packed.write_all(content)?;
    let (encoder, descriptor) = packed.finish()?;
    encoder.finish()?;
    entry.finish(descriptor)?;
    Ok(())
}

fn damaged(reason: impl ToString) -> Refused {
    let reason = reason.to_string();
    Refused::new(format!("is no ZIP archive, or a damaged one; make or fetch it again. reason=`{reason}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn three_files() -> Vec<File> {
        vec![
            ("a.py".into(), b"print(1)\n".repeat(100)),
            ("b/c.bin".into(), (0..=255).collect()),
            ("b/empty".into(), Vec::new()),
        ]
    }

    #[test]
    fn files_come_back_in_the_order_of_their_names() {
        let mut turned = three_files();
        turned.reverse();
        assert_eq!(read(&write(turned).unwrap(), |_| true).unwrap(), three_files());
    }

    #[test]
    fn what_is_not_kept_is_not_unpacked() {
        let names: Vec<_> = read(&write(three_files()).unwrap(), |name| name.starts_with("b/")).unwrap();
        assert_eq!(names.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["b/c.bin", "b/empty"]);
    }

    #[test]
    fn a_bomb_is_not_unpacked_further_than_allowed() {
        // Two that fit one by one, and not together; 64 MiB of zeros pack well.
        let half = vec![0; 33 << 20];
        let bomb = write(vec![("a".into(), half.clone()), ("b".into(), half)]).unwrap();
        assert!(bomb.len() < 200_000, "{}", bomb.len());
        let error = read(&bomb, |_| true).unwrap_err().to_string();
        assert_eq!(error, "is larger than allowed when it is unpacked. file=`b` allowed=`67108864`");
    }

    #[test]
    fn no_more_files_are_read_than_allowed() {
        let files = (0..=MAX_FILES).map(|number| (number.to_string(), Vec::new())).collect();
        let error = read(&write(files).unwrap(), |_| false).unwrap_err().to_string();
        assert_eq!(error, "holds more files than allowed. allowed=`10000`");
    }

    #[test]
    fn a_changed_byte_of_a_file_is_seen() {
        let mut bytes = write(three_files()).unwrap();
        let place = bytes.windows(4).position(|bytes| bytes == [0, 1, 2, 3]).unwrap();
        bytes[place] ^= 1;
        let error = read(&bytes, |_| true).unwrap_err().to_string();
        assert!(error.starts_with("is no ZIP archive, or a damaged one; make or fetch it again."), "{error}");
    }

    #[test]
    fn half_an_archive_is_none() {
        let bytes = write(three_files()).unwrap();
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], |_| true).is_err(), "{length} of {}", bytes.len());
        }
    }

    /// An archive with bytes changed at random, often where its structure is.
    fn mutated() -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<prop::sample::Index>(), prop_oneof![Just(0), Just(0xff), any::<u8>()]);
        (prop::collection::vec(change, 1..8), any::<prop::sample::Index>(), any::<bool>()).prop_map(
            |(changes, end, cut)| {
                let mut bytes = write(three_files()).unwrap();
                for (place, value) in changes {
                    let place = place.index(bytes.len());
                    bytes[place] = value;
                }
                if cut {
                    bytes.truncate(end.index(bytes.len()));
                }
                bytes
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_is_changed_nothing_panics_and_what_is_read_is_within_bounds(bytes in mutated()) {
            if let Ok(files) = read(&bytes, |_| true) {
                prop_assert!(files.len() <= 3);
                let names: Vec<_> = files.iter().map(|(name, _)| name).collect();
                prop_assert!(names.iter().all(|name| !name.contains("..") && !name.starts_with('/')));
                // What is read is what can be written again.
                prop_assert!(write(files.clone()).is_ok());
            }
            let _ = crate::Bundle::read(&bytes);
        }

        #[test]
        fn no_bytes_at_all_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            prop_assert!(read(&bytes, |_| true).is_err());
        }
    }
}
