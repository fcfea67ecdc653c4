//! A frame of a size met before goes into the model's input without memory being taken for it. Counts
//! what the calling thread asks of the allocator; other tests' threads do not disturb.

use std::{
    alloc::{GlobalAlloc, Layout as Block, System},
    cell::Cell,
};

use streetwarden::{
    base::{ColourMatrix, Frame, PixelFormat, Plane, TimeSource, WallTime},
    detect::{
        Letterbox,
        card::{Colour, InputSpec, Layout},
    },
};

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // fails only while the thread ends
    let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
}

// SAFETY: every call is handed on to the system's allocator as it came.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, block: Block) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(block) }
    }

    unsafe fn realloc(&self, at: *mut u8, block: Block, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(at, block, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, block: Block) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, block) }
    }
}

fn frame(width: usize, height: usize, format: PixelFormat) -> Frame {
    let plane = |stride: usize, rows: usize| Plane {
        data: (0..stride * rows).map(|i| (i % 251) as u8).collect::<Vec<_>>().into(),
        stride,
    };
    let (half_w, half_h) = (width.div_ceil(2), height.div_ceil(2));
    let planes = match format {
        PixelFormat::I420 => {
            vec![plane(width, height), plane(half_w, half_h), plane(half_w, half_h)]
        }
        PixelFormat::Nv12 => vec![plane(width, height), plane(2 * half_w, half_h)],
        PixelFormat::Rgb => vec![plane(3 * width, height)],
    };
    Frame {
        camera: "c".into(),
        seq: 0,
        at: WallTime::from_millis(0),
        arrival: WallTime::from_millis(0),
        time_source: TimeSource::File,
        pts_ns: None,
        width: width as u32,
        height: height as u32,
        format,
        matrix: ColourMatrix::usual(height as u32),
        planes: planes.into(),
        encoded: None,
    }
}

#[test]
fn a_frame_of_a_known_size_takes_no_memory() {
    // whole frames and parts of them in turn, as a site with tiles has them
    let frames: Vec<Frame> = [(1920, 1080), (641, 361), (96, 64), (30, 900)]
        .into_iter()
        .flat_map(|(w, h)| {
            [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb].map(|f| frame(w, h, f))
        })
        .collect();
    for layout in [Layout::Nchw, Layout::Nhwc] {
        let packed = InputSpec::picture(416, 320);
        let mut letterbox =
            Letterbox::new(InputSpec { layout, colour: Colour::Bgr, pad_value: 114, ..packed });
        let (mut bytes, mut floats) = (vec![0; letterbox.len()], vec![0.0; letterbox.len()]);
        let mut all = || {
            let before = TAKEN.get();
            for frame in &frames {
                letterbox.bytes(frame, &mut bytes).unwrap();
                letterbox.floats(frame, &mut floats).unwrap();
            }
            TAKEN.get() - before
        };
        assert!(all() > 0, "the first time it has to take some, or nothing is counted");
        assert_eq!(all(), 0);
    }
}
