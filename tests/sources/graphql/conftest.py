"""One small schema in which every shape of field occurs."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, build_schema

SDL = '''
"""A shop."""
interface Node { id: ID! }
union Hit = Product | Review
scalar DateTime
scalar Upload
enum State { OPEN SENT }
type User implements Node { id: ID! name: String! password: String orders: [Order!]! }
type Product implements Node { id: ID! title: String! price: Float }
type Review implements Node { id: ID! title: Int text: String author: User product: Product }
type Order implements Node { id: ID! state: State! at: DateTime owner: User lines(first: Int!): [Product!]! }
type OrderEdge { node: Order cursor: String }
type PageInfo { hasNextPage: Boolean! }
type OrderConnection { edges: [OrderEdge!]! pageInfo: PageInfo! }
type ProductPage { items: [Product!]! count: Int! }
type OrderPayload { order: Order errors: [String!] }
type Session { token: String! user: User! }
input Address { city: String! next: Address }
input OrderInput { product: ID! count: Int! = 1 address: Address note: String }
input Sale { id: ID! state: State clientMutationId: String }
type Query {
  me: User
  node(id: ID!): Node
  search(text: String!): [Hit!]!
  orders(first: Int, after: String): OrderConnection!
  myOrders: [Order!]!
  order(id: ID!): Order
  products: ProductPage!
  product(productId: Int!): Product
  productReviews(productId: ID!): [Review!]!
  userByName(name: String!): User
}
type Mutation {
  login(name: String!, password: String!): Session!
  createOrder(input: OrderInput!): OrderPayload!
  updateOrder(input: Sale!): OrderPayload!
  deleteOrder(id: ID!): Boolean!
  cancelOrder(id: ID!): Order!
  reviewCreate(productId: ID!, text: String!): Review!
  upload(file: Upload!, filter: Address): Boolean
}
type Subscription { orderSent: Order }
'''


@pytest.fixture
def schema() -> GraphQLSchema:
    return build_schema(SDL)
