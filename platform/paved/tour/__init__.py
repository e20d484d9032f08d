"""The main job end to end, on real files in a scratch folder, as a newcomer would do it by hand."""
