/** The theme of VitePress without its fonts, so that a page loads no font. */
import Theme from "vitepress/theme-without-fonts";
import "./style.css";

export default Theme;
