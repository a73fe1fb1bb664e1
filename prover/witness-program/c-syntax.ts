/** An expression of the C subset that circom writes with `--c`. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly base: Expression; readonly at: Expression }
  /** `base.name` and `base->name` alike: a pointer to a struct is the struct. */
  | { readonly kind: 'member'; readonly base: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Expression[] }
  | { readonly kind: 'unary'; readonly operator: '&' | '!' | '-' | '*'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'assign';
      readonly operator: string;
      readonly target: Expression;
      readonly value: Expression;
    }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** `new T[size]`, with what the brackets after it hold. */
  | { readonly kind: 'new'; readonly size: Expression; readonly items: readonly Expression[] };

export type Statement =
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: Statement;
      readonly else?: Statement;
    }
  | { readonly kind: 'while'; readonly condition: Expression; readonly body: Statement }
  | {
      readonly kind: 'for';
      readonly first: Statement;
      readonly condition: Expression;
      readonly next: Expression;
      readonly body: Statement;
    }
  | {
      readonly kind: 'declare';
      readonly type: string;
      readonly name: string;
      readonly size?: Expression;
      readonly value?: Expression;
    }
  | { readonly kind: 'return' }
  | { readonly kind: 'expression'; readonly expression: Expression }
  /** `lvar[to] = circuitConstants[from]`: nine tenths of the text. */
  | { readonly kind: 'constant'; readonly to: number; readonly from: number };
