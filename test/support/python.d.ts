export declare const python: string
