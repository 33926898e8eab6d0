"""tools/generate: traces by recipes; like another one, see ../copies."""
