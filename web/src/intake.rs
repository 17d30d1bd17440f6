//! Files from a drop, a paste or a picker; folders are opened up.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

/// Files taken at once at most; a folder may hold any number.
pub const MOST_FILES: usize = 1000;

/// The files of a picker.
#[must_use]
pub fn from_list(list: &FileList) -> Vec<File> {
    (0..list.length())
        .filter_map(|index| list.get(index))
        .filter(is_visible)
        .take(MOST_FILES)
        .collect()
}

/// What was dropped or pasted, before its folders are opened up.
#[derive(Debug, Default)]
pub struct Load {
    files: Vec<File>,
    folders: Vec<FileSystemEntry>,
}

impl Load {
    /// Takes the files and folders out of `transfer`, which is empty once its event is over.
    #[must_use]
    pub fn of(transfer: &DataTransfer) -> Self {
        let mut load = Self::default();
        let items = transfer.items();
        for item in (0..items.length()).filter_map(|index| items.get(index)) {
            match item.webkit_get_as_entry() {
                Ok(Some(entry)) if entry.is_directory() => load.folders.push(entry),
                _ => load.files.extend(item.get_as_file().ok().flatten()),
            }
        }
        load
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty()
    }

    /// The files, those in folders and their folders included, up to [`MOST_FILES`]. What
    /// cannot be listed is left out, and so are hidden files in folders.
    pub async fn into_files(self) -> Vec<File> {
        let Self { mut files, folders: mut open } = self;
        open.reverse();
        while let Some(entry) = open.pop() {
            if files.len() >= MOST_FILES {
                break;
            }
            if entry.is_directory() {
                let mut inside = list(entry.unchecked_ref()).await;
                inside.sort_by_key(|entry| std::cmp::Reverse(entry.name()));
                open.extend(inside);
            } else if let Ok(file) = open_entry(entry.unchecked_ref()).await
                && is_visible(&file)
            {
                files.push(file);
            }
        }
        files.truncate(MOST_FILES);
        files
    }
}

fn is_visible(file: &File) -> bool {
    !file.name().starts_with('.')
}

async fn open_entry(entry: &FileSystemFileEntry) -> Result<File, JsValue> {
    let file = JsFuture::from(Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(&resolve, &reject);
    }));
    Ok(file.await?.unchecked_into())
}

/// What a folder holds. Browsers hand it out in parts; an empty one is the last.
async fn list(folder: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut inside = Vec::new();
    while inside.len() < MOST_FILES {
        let part = JsFuture::from(Promise::new(&mut |resolve: Function, reject: Function| {
            let asked = reader.read_entries_with_callback_and_callback(&resolve, &reject);
            if let Err(error) = asked {
                // Nobody listens to what becomes of this call.
                let _ = reject.call1(&JsValue::NULL, &error);
            }
        }));
        let Ok(part) = part.await else { break };
        let part = Array::from(&part);
        if part.length() == 0 {
            break;
        }
        inside.extend(part.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
    inside
}
