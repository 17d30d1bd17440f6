// Applies the remembered theme before the first paint; see web/src/theme.rs.
try {
  const theme = localStorage.getItem('recscope.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}
