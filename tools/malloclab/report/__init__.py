"""Reports: one HTML file with tables, figures and an interactive heap viewer.

    gather   runs mdriver: results, events and timelines of a trace
    lines    the lines of a trace's file, by operation
    blocks   events -> blocks: rectangles of operations x addresses
    pack     columns of numbers -> compressed text, which viewer/codec.js reads
    figure   the bars of utilization, as SVG
    page     all of it -> one file
    command  tools/report
    browser  a headless Chromium that looks at a report; bench: how fast it is

viewer/ has what runs in the browser, vendor/ what others wrote.
"""
