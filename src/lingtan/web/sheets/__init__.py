"""Any register's list as a sheet: out by Excel or CSV, a workbook to fill in, uploads checked, written, undone."""
