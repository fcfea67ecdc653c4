//! What one piece of evidence is: as handed in, as described beside its pending file, as a row.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::sha256_hex;
use crate::base::{BBox, CameraId, CaseId, SecondLook, TimeSource, WallTime};

/// Declares an enum kept as text in files and rows.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The text it is written as.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of its text, if it is one.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

text_enum! {
    /// What the bytes are.
    Role {
        /// As the camera sent them.
        Original = "original",
        /// A still made from the original.
        Picture = "picture",
        /// The still with boxes drawn in.
        Annotated = "annotated",
    }
}

text_enum! {
    /// Which part of the stay it shows.
    Moment {
        /// The earliest sighting kept.
        First = "first",
        /// While the dwell clock ran.
        Middle = "middle",
        /// The newest sighting, of a case that at which it was opened; a newer one of the same role
        /// replaces it while pending.
        Last = "last",
        /// A sighting after the case was opened.
        Later = "later",
        /// The place without the thing.
        Gone = "gone",
    }
}

/// A piece of evidence to be kept.
#[derive(Clone, Debug)]
pub struct NewEvidence {
    /// What the bytes are.
    pub role: Role,
    /// Which camera took it.
    pub camera: CameraId,
    /// When it was taken.
    pub at: WallTime,
    /// Where `at` came from.
    pub time_source: TimeSource,
    /// The stream's own time in nanoseconds.
    pub pts_ns: Option<u64>,
    /// Where the thing is in the frame.
    pub bbox: Option<BBox>,
    /// Which part of the stay it shows.
    pub moment: Moment,
    /// File extension without dot.
    pub extension: &'static str,
    /// The bytes.
    pub bytes: Bytes,
    /// SHA-256 (hexadecimal) of the evidence it was made from.
    pub derived_from: Option<String>,
    /// The model that saw it; empty when none did.
    pub model: String,
    /// The second look at it, when there was one.
    pub second: Option<SecondLook>,
}

/// What lies beside a pending file: everything about it but the bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    pub role: Role,
    pub camera: CameraId,
    pub at: WallTime,
    pub time_source: TimeSource,
    pub pts_ns: Option<u64>,
    pub bbox: Option<BBox>,
    pub moment: Moment,
    pub sha256: String,
    pub bytes_len: u64,
    pub derived_from: Option<String>,
    pub model: String,
    // descriptions from before second looks have none
    #[serde(default)]
    pub second: Option<SecondLook>,
}

impl Sidecar {
    /// Describes `item`.
    pub(super) fn of(item: &NewEvidence) -> Self {
        Self {
            role: item.role,
            camera: item.camera.clone(),
            at: item.at,
            time_source: item.time_source,
            pts_ns: item.pts_ns,
            bbox: item.bbox,
            moment: item.moment,
            sha256: sha256_hex(&item.bytes),
            bytes_len: item.bytes.len() as u64,
            derived_from: item.derived_from.clone(),
            model: item.model.clone(),
            second: item.second,
        }
    }

    /// What was handed in when this picture, with these `bytes`, was kept.
    pub(super) fn item(self, bytes: Bytes) -> NewEvidence {
        NewEvidence {
            role: self.role,
            camera: self.camera,
            at: self.at,
            time_source: self.time_source,
            pts_ns: self.pts_ns,
            bbox: self.bbox,
            moment: self.moment,
            extension: "jpg",
            bytes,
            derived_from: self.derived_from,
            model: self.model,
            second: self.second,
        }
    }

    /// The file name: sorts by time, says what it is, differs when the bytes differ.
    pub(super) fn file_name(&self, extension: &str) -> String {
        let (moment, role) = (self.moment.as_str(), self.role.as_str());
        format!("{:013}-{moment}-{role}-{}.{extension}", self.at.millis(), &self.sha256[..8])
    }

    /// The row of this evidence as file `name` of `case`.
    pub(super) fn row(self, case: &CaseId, name: &str) -> EvidenceRow {
        let path = format!("{case}/{name}");
        EvidenceRow {
            id: sha256_hex(path.as_bytes())[..16].to_owned(),
            case: case.clone(),
            path,
            sha256: self.sha256,
            bytes_len: self.bytes_len,
            role: self.role,
            camera: self.camera,
            at: self.at,
            time_source: self.time_source,
            pts_ns: self.pts_ns,
            bbox: self.bbox,
            moment: self.moment,
            derived_from: self.derived_from,
            model: self.model,
            second: self.second,
        }
    }
}

/// One piece of evidence of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// Short name for addresses: 16 hexadecimal digits made from `path`.
    pub id: String,
    /// Whose evidence.
    pub case: CaseId,
    /// Below the evidence folder: `CASE/FILE`.
    pub path: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Length in bytes.
    pub bytes_len: u64,
    /// What the bytes are.
    pub role: Role,
    /// Which camera took it.
    pub camera: CameraId,
    /// When it was taken.
    pub at: WallTime,
    /// Where `at` came from.
    pub time_source: TimeSource,
    /// The stream's own time in nanoseconds.
    pub pts_ns: Option<u64>,
    /// Where the thing is in the frame.
    pub bbox: Option<BBox>,
    /// Which part of the stay it shows.
    pub moment: Moment,
    /// SHA-256 of the evidence it was made from.
    pub derived_from: Option<String>,
    /// The model that saw it; empty when none did.
    pub model: String,
    /// The second look at it, when there was one.
    #[serde(default)]
    pub second: Option<SecondLook>,
}

impl EvidenceRow {
    /// The file's extension, empty when it has none.
    pub fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}
