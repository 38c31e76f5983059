#!/usr/bin/env node
const missing = () => console.error('bsd-sockets is not built: run npm run build') || process.exit(1)
import('../lib/cli/main.js').catch(error => (error.code === 'ERR_MODULE_NOT_FOUND' ? missing() : Promise.reject(error)))
