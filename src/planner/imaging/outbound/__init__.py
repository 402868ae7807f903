"""Objects that leave for a PACS or another program's DICOM import."""
