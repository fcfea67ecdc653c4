"""The detector's classes, in output order; the index is the COCO category id."""

CLASSES = (
    "bin_overflow",
    "bin_normal",
    "garbage_pile",
    "ad_sign",
    "billboard",
    "street_stall",
)
