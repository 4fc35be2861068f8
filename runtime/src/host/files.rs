//! `wasi:filesystem`: a plugin's files and its packages, read-only and in
//! memory. Nothing of it leads to the machine's own files.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::{HasSelf, Linker, Resource, ResourceTableError};
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult, InputStream, Pollable};
use wasmtime_wasi::p2::{StreamError, StreamResult};

use super::HostState;
use super::debt::{self, Debt};
use crate::model::{Content, NoSuchPath, Node};
use types::{DescriptorFlags, DescriptorType, ErrorCode, OpenFlags};

/// The most that is read at once.
const MAX_READ_BYTES: usize = 1 << 20;

/// Links the two interfaces, unless one of them is linked already.
pub(super) fn link<T: Send>(linker: &mut Linker<T>, host: fn(&mut T) -> &mut HostState) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    preopens::add_to_linker::<_, HasSelf<HostState>>(linker, host)
}

/// Reads on in a folder. It keeps its place and no copy: a guest may have many
/// of them.
struct Listing {
    folder: Arc<Node>,
    last: Option<Box<str>>,
}

impl Listing {
    fn next(&mut self) -> Option<types::DirectoryEntry> {
        let Content::Folder(entries) = &self.folder.content else { return None };
        let after = self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let (name, node) = entries.range::<str, _>((after, Bound::Unbounded)).next()?;
        self.last = Some(name.clone());
        Some(types::DirectoryEntry { type_: kind(node), name: name.to_string() })
    }
}

/// Reads on in a file.
struct FileStream {
    rest: Bytes,
    debt: Debt,
}

impl HostState {
    /// What the guest has open, which it may ask for once in a call.
    fn node(&self, descriptor: &Resource<types::Descriptor>) -> Result<&Arc<Node>, ResourceTableError> {
        self.debt.note_file_call();
        self.resources.get(&ours(descriptor))
    }

    /// Follows a path that the guest chose from a folder that it has open.
    fn node_at(&self, descriptor: &Resource<types::Descriptor>, path: &str) -> FsResult<Arc<Node>> {
        self.debt.add(debt::FILE, 1);
        self.debt.add(debt::BYTE, path.len());
        Ok(self.node(descriptor)?.find(path)?)
    }

    fn open(&mut self, node: Arc<Node>) -> Result<Resource<types::Descriptor>, ResourceTableError> {
        Ok(Resource::new_own(self.resources.push(node)?.rep()))
    }

    /// What is left of an open file from `offset` on.
    fn rest(&self, descriptor: &Resource<types::Descriptor>, offset: u64) -> FsResult<Bytes> {
        match &self.node(descriptor)?.content {
            Content::File(bytes) => {
                let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(begin..))
            }
            Content::Folder(_) => Err(ErrorCode::IsDirectory.into()),
        }
    }

    /// Refuses a change of what `path` names.
    fn refuse<T>(&self, descriptor: &Resource<types::Descriptor>, path: &str) -> FsResult<T> {
        match self.node_at(descriptor, path) {
            // In the words for a path out of the tree, if it is one.
            Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::NotPermitted)) => Err(error),
            _ => Err(ErrorCode::ReadOnly.into()),
        }
    }
}

/// The generated types name what wasmtime-wasi keeps under a descriptor's
/// number; here it is a node.
fn ours(descriptor: &Resource<types::Descriptor>) -> Resource<Arc<Node>> {
    Resource::new_borrow(descriptor.rep())
}

fn stat(node: &Node) -> types::DescriptorStat {
    let size = match &node.content {
        Content::File(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        Content::Folder(_) => 0,
    };
    types::DescriptorStat {
        type_: kind(node),
        link_count: 1,
        size,
        data_access_timestamp: None,
        data_modification_timestamp: None,
        status_change_timestamp: None,
    }
}

fn kind(node: &Node) -> DescriptorType {
    match node.content {
        Content::File(_) => DescriptorType::RegularFile,
        Content::Folder(_) => DescriptorType::Directory,
    }
}

fn hash(node: &Node) -> types::MetadataHashValue {
    types::MetadataHashValue { lower: node.number, upper: 0 }
}

impl From<NoSuchPath> for FsError {
    fn from(why: NoSuchPath) -> Self {
        match why {
            NoSuchPath::NoEntry => ErrorCode::NoEntry,
            NoSuchPath::NotFolder => ErrorCode::NotDirectory,
            NoSuchPath::Outside => ErrorCode::NotPermitted,
            NoSuchPath::TooLong => ErrorCode::NameTooLong,
        }
        .into()
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        self.debt.note_file_call();
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileStream {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl InputStream for FileStream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.debt.note_file_call();
        if self.rest.is_empty() {
            return Err(StreamError::Closed);
        }
        let read = self.rest.split_to(size.min(MAX_READ_BYTES).min(self.rest.len()));
        self.debt.add(debt::BYTE, read.len());
        Ok(read)
    }
}

impl preopens::Host for HostState {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<types::Descriptor>, String)>> {
        self.debt.note_file_call();
        let files = Arc::clone(&self.files);
        let tops = files.tops().map(|(name, node)| Ok((self.open(Arc::clone(node))?, format!("/{name}"))));
        tops.collect()
    }
}

impl types::Host for HostState {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, _: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        // Reading on in a file does not fail.
        Ok(None)
    }
}

impl types::HostDescriptor for HostState {
    fn read_via_stream(
        &mut self,
        file: Resource<types::Descriptor>,
        offset: u64,
    ) -> FsResult<Resource<DynInputStream>> {
        let stream = FileStream { rest: self.rest(&file, offset)?, debt: self.debt.clone() };
        Ok(self.resources.push(Box::new(stream) as DynInputStream)?)
    }

    async fn read(&mut self, file: Resource<types::Descriptor>, length: u64, offset: u64) -> FsResult<(Vec<u8>, bool)> {
        let rest = self.rest(&file, offset)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(MAX_READ_BYTES).min(rest.len());
        self.debt.add(debt::BYTE, length);
        Ok((rest.slice(..length).into(), length == rest.len()))
    }

    async fn open_at(
        &mut self,
        folder: Resource<types::Descriptor>,
        _: types::PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<types::Descriptor>> {
        let node = match self.node_at(&folder, &path) {
            Ok(_) if open.contains(OpenFlags::CREATE | OpenFlags::EXCLUSIVE) => return Err(ErrorCode::Exist.into()),
            Ok(node) => node,
            Err(error)
                if matches!(error.downcast_ref(), Some(ErrorCode::NoEntry)) && open.contains(OpenFlags::CREATE) =>
            {
                return Err(ErrorCode::ReadOnly.into());
            }
            Err(error) => return Err(error),
        };
        if open.contains(OpenFlags::DIRECTORY) && kind(&node) != DescriptorType::Directory {
            return Err(ErrorCode::NotDirectory.into());
        }
        if open.contains(OpenFlags::TRUNCATE)
            || flags.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY)
        {
            return Err(ErrorCode::ReadOnly.into());
        }
        Ok(self.open(node)?)
    }

    async fn read_directory(
        &mut self,
        folder: Resource<types::Descriptor>,
    ) -> FsResult<Resource<types::DirectoryEntryStream>> {
        let folder = Arc::clone(self.node(&folder)?);
        if kind(&folder) != DescriptorType::Directory {
            return Err(ErrorCode::NotDirectory.into());
        }
        Ok(Resource::new_own(self.resources.push(Listing { folder, last: None })?.rep()))
    }

    async fn get_flags(&mut self, descriptor: Resource<types::Descriptor>) -> FsResult<DescriptorFlags> {
        self.node(&descriptor)?;
        Ok(DescriptorFlags::READ)
    }

    async fn get_type(&mut self, descriptor: Resource<types::Descriptor>) -> FsResult<DescriptorType> {
        Ok(kind(self.node(&descriptor)?))
    }

    async fn stat(&mut self, descriptor: Resource<types::Descriptor>) -> FsResult<types::DescriptorStat> {
        Ok(stat(self.node(&descriptor)?))
    }

    async fn stat_at(
        &mut self,
        folder: Resource<types::Descriptor>,
        _: types::PathFlags,
        path: String,
    ) -> FsResult<types::DescriptorStat> {
        Ok(stat(&*self.node_at(&folder, &path)?))
    }

    async fn metadata_hash(&mut self, descriptor: Resource<types::Descriptor>) -> FsResult<types::MetadataHashValue> {
        Ok(hash(self.node(&descriptor)?))
    }

    async fn metadata_hash_at(
        &mut self,
        folder: Resource<types::Descriptor>,
        _: types::PathFlags,
        path: String,
    ) -> FsResult<types::MetadataHashValue> {
        Ok(hash(&*self.node_at(&folder, &path)?))
    }

    async fn is_same_object(
        &mut self,
        one: Resource<types::Descriptor>,
        other: Resource<types::Descriptor>,
    ) -> wasmtime::Result<bool> {
        let other = self.resources.get(&ours(&other))?.number;
        Ok(self.node(&one)?.number == other)
    }

    async fn readlink_at(&mut self, folder: Resource<types::Descriptor>, path: String) -> FsResult<String> {
        self.node_at(&folder, &path)?;
        // There are no links.
        Err(ErrorCode::Invalid.into())
    }

    fn drop(&mut self, descriptor: Resource<types::Descriptor>) -> wasmtime::Result<()> {
        self.debt.note_file_call();
        self.resources.delete(Resource::<Arc<Node>>::new_own(descriptor.rep()))?;
        Ok(())
    }

    // What follows asks for nothing, since nothing is ever to be written back.

    async fn advise(&mut self, file: Resource<types::Descriptor>, _: u64, _: u64, _: types::Advice) -> FsResult<()> {
        self.node(&file)?;
        Ok(())
    }

    async fn sync(&mut self, descriptor: Resource<types::Descriptor>) -> FsResult<()> {
        self.node(&descriptor)?;
        Ok(())
    }

    async fn sync_data(&mut self, descriptor: Resource<types::Descriptor>) -> FsResult<()> {
        self.node(&descriptor)?;
        Ok(())
    }

    // What follows would change something.

    fn write_via_stream(&mut self, _: Resource<types::Descriptor>, _: u64) -> FsResult<Resource<DynOutputStream>> {
        Err(ErrorCode::ReadOnly.into())
    }

    fn append_via_stream(&mut self, _: Resource<types::Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        Err(ErrorCode::ReadOnly.into())
    }

    async fn write(&mut self, _: Resource<types::Descriptor>, bytes: Vec<u8>, _: u64) -> FsResult<u64> {
        self.debt.add(debt::BYTE, bytes.len());
        Err(ErrorCode::ReadOnly.into())
    }

    async fn set_size(&mut self, _: Resource<types::Descriptor>, _: u64) -> FsResult<()> {
        Err(ErrorCode::ReadOnly.into())
    }

    async fn set_times(
        &mut self,
        _: Resource<types::Descriptor>,
        _: types::NewTimestamp,
        _: types::NewTimestamp,
    ) -> FsResult<()> {
        Err(ErrorCode::ReadOnly.into())
    }

    async fn set_times_at(
        &mut self,
        folder: Resource<types::Descriptor>,
        _: types::PathFlags,
        path: String,
        _: types::NewTimestamp,
        _: types::NewTimestamp,
    ) -> FsResult<()> {
        self.refuse(&folder, &path)
    }

    async fn create_directory_at(&mut self, folder: Resource<types::Descriptor>, path: String) -> FsResult<()> {
        self.refuse(&folder, &path)
    }

    async fn remove_directory_at(&mut self, folder: Resource<types::Descriptor>, path: String) -> FsResult<()> {
        self.refuse(&folder, &path)
    }

    async fn unlink_file_at(&mut self, folder: Resource<types::Descriptor>, path: String) -> FsResult<()> {
        self.refuse(&folder, &path)
    }

    async fn link_at(
        &mut self,
        folder: Resource<types::Descriptor>,
        _: types::PathFlags,
        path: String,
        _: Resource<types::Descriptor>,
        _: String,
    ) -> FsResult<()> {
        self.refuse(&folder, &path)
    }

    async fn rename_at(
        &mut self,
        folder: Resource<types::Descriptor>,
        path: String,
        _: Resource<types::Descriptor>,
        _: String,
    ) -> FsResult<()> {
        self.refuse(&folder, &path)
    }

    async fn symlink_at(&mut self, folder: Resource<types::Descriptor>, _: String, path: String) -> FsResult<()> {
        self.refuse(&folder, &path)
    }
}

impl types::HostDirectoryEntryStream for HostState {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<types::DirectoryEntryStream>,
    ) -> FsResult<Option<types::DirectoryEntry>> {
        self.debt.note_file_call();
        self.debt.add(debt::FOLDER_ENTRY, 1);
        Ok(self.resources.get_mut(&Resource::<Listing>::new_borrow(stream.rep()))?.next())
    }

    fn drop(&mut self, stream: Resource<types::DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.debt.note_file_call();
        self.resources.delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}
