// VitePress's theme with the fonts of the reader's system, and the picture of a conversation.
import theme from 'vitepress/theme-without-fonts'
import Conversation from './Conversation.vue'
import './site.css'

export default {
  extends: theme,
  enhanceApp({ app }) {
    app.component('Conversation', Conversation)
  },
}
