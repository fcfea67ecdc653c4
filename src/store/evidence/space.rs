//! How much room the disk has. The only place in `store` that speaks to the operating system
//! directly, because std has no call for it.

use std::{ffi::CString, io, os::unix::ffi::OsStrExt, path::Path};

/// Bytes free to this user on the file system of `path`.
#[allow(unsafe_code)]
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    let name = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `name` ends in a zero byte and outlives the call; `stat` is a valid place to write
    // one statvfs to.
    if unsafe { libc::statvfs(name.as_ptr(), stat.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed is a valid statvfs (plain numbers), and the call succeeded.
    let stat = unsafe { stat.assume_init() };
    #[allow(clippy::useless_conversion)] // the fields' widths differ between targets
    Ok(u64::from(stat.f_bavail).saturating_mul(u64::from(stat.f_frsize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_folder_has_a_size_and_a_missing_one_an_error() {
        assert!(free_bytes(Path::new("/")).is_ok());
        assert!(free_bytes(Path::new("/no/such/folder")).is_err());
    }
}
