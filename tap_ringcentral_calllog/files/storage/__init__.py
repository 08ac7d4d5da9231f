"""Where downloaded files are kept: a folder, or whatever fsspec opens."""
