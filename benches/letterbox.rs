//! How long a frame takes from the decoder's planes into the model's input, bytes and floats. Not a
//! test of quality; `streetwarden bench letterbox` compares with other programs.

mod processor_time;

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use processor_time::ProcessorTime;
use streetwarden::{
    base::{ColourMatrix, Frame, PixelFormat, Plane, TimeSource, WallTime},
    detect::{
        Letterbox,
        card::{Colour, InputSpec, Layout},
    },
};

fn input(width: u32, height: u32) -> InputSpec {
    let packed = InputSpec::picture(width, height);
    InputSpec { layout: Layout::Nchw, colour: Colour::Bgr, pad_value: 114, ..packed }
}

fn plane(stride: usize, rows: usize) -> Plane {
    let data: Vec<u8> = (0..stride * rows).map(|i| (i * 31 % 220 + 16) as u8).collect();
    Plane { data: data.into(), stride }
}

fn frame(width: usize, height: usize, format: PixelFormat) -> Frame {
    let planes: Arc<[Plane]> = match format {
        PixelFormat::I420 => {
            let chroma = || plane(width / 2, height / 2);
            [plane(width, height), chroma(), chroma()].into()
        }
        PixelFormat::Nv12 => [plane(width, height), plane(width, height / 2)].into(),
        PixelFormat::Rgb => [plane(width * 3, height)].into(),
    };
    Frame {
        camera: "bench".into(),
        seq: 0,
        at: WallTime::from_millis(0),
        arrival: WallTime::from_millis(0),
        time_source: TimeSource::File,
        pts_ns: None,
        width: width as u32,
        height: height as u32,
        format,
        matrix: ColourMatrix::usual(height as u32),
        planes,
        encoded: None,
    }
}

fn letterbox(c: &mut Criterion<ProcessorTime>) {
    let mut group = c.benchmark_group("letterbox");
    group.throughput(Throughput::Elements(1));
    for (to_width, to_height) in [(416, 416), (640, 384)] {
        for (width, height) in [(640, 360), (1280, 720), (1920, 1080)] {
            for format in [PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Rgb] {
                let frame = frame(width, height, format);
                let mut letterbox = Letterbox::new(input(to_width, to_height));
                let mut out = vec![0; letterbox.len()];
                let name = format!("{format:?} {width}x{height} to {to_width}x{to_height}");
                group.bench_function(name, |b| {
                    b.iter(|| letterbox.bytes(black_box(&frame), black_box(&mut out)));
                });
            }
        }
    }
    let frame = frame(1920, 1080, PixelFormat::I420);
    for layout in [Layout::Nchw, Layout::Nhwc] {
        let mut letterbox = Letterbox::new(InputSpec { layout, ..input(416, 416) });
        let mut out = vec![0.0; letterbox.len()];
        group.bench_function(format!("I420 1920x1080 to 416x416, floats, {layout:?}"), |b| {
            b.iter(|| letterbox.floats(black_box(&frame), black_box(&mut out)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = letterbox
}
criterion_main!(benches);
